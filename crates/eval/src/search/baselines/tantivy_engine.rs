//! tantivy in memory, with its own query parser and ranking.

use hotline_text::Lexicon;
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};
use tantivy::{Index, TantivyDocument};

use super::CallText;

/// Memory of the indexing thread; 15 MB is the engine's least.
const WRITER_BYTES: usize = 32 << 20;

pub(super) fn rank(
    calls: &[CallText],
    queries: &[&str],
    lexicon: Option<&Lexicon>,
    limit: usize,
) -> tantivy::Result<Vec<Vec<String>>> {
    let mut schema = Schema::builder();
    let name = schema.add_text_field("call", STRING | STORED);
    let tokenizer = if lexicon.is_some() { "jieba" } else { "default" };
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
    let index = Index::create_in_ram(schema.build());
    if let Some(lexicon) = lexicon {
        index.tokenizers().register("jieba", TextAnalyzer::from(Words(lexicon.clone())));
    }
    // One thread makes one segment, in the order of the calls: ties always come out alike.
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, WRITER_BYTES)?;
    for call in calls {
        let mut document = TantivyDocument::default();
        document.add_text(name, &call.call);
        document.add_text(text, &call.text);
        writer.add_document(document)?;
    }
    writer.commit()?;
    let searcher = index.reader()?.searcher();
    let parser = QueryParser::for_index(&index, vec![text]);
    let mut answers = Vec::with_capacity(queries.len());
    for query in queries {
        let (query, _) = parser.parse_query_lenient(query);
        let found = searcher.search(&query, &TopDocs::with_limit(limit.max(1)).order_by_score())?;
        let mut ranked = Vec::with_capacity(found.len());
        for (_, address) in found {
            let document: TantivyDocument = searcher.doc(address)?;
            ranked.extend(document.get_first(name).and_then(|value| value.as_str()).map(str::to_owned));
        }
        answers.push(ranked);
    }
    Ok(answers)
}

/// The words of jieba, one after the other, lower-case; nothing else is folded.
#[derive(Clone)]
struct Words(Lexicon);

/// Words made beforehand.
struct WordStream {
    words: std::vec::IntoIter<Token>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        let words: Vec<Token> = (self.0.words(text).into_iter().enumerate())
            .filter_map(|(position, word)| {
                let range = word.span.range();
                Some(Token {
                    offset_from: range.start,
                    offset_to: range.end,
                    position,
                    text: word.span.slice(text)?.to_lowercase(),
                    position_length: 1,
                })
            })
            .collect();
        WordStream { words: words.into_iter(), token: Token::default() }
    }
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        match self.words.next() {
            Some(token) => {
                self.token = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
