//! Check digits and forms of numbers.

/// Whether 18 characters (17 digits and a digit or `X`) are an identity card number: region, birthday and the check character of
/// GB 11643 (ISO 7064 MOD 11-2).
pub(super) fn is_id_card(number: &[char]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let [body @ .., last] = number else { return false };
    if body.len() != 17 || !begins_with_province(number) || !birthday_at(number, 6) {
        return false;
    }
    let sum: Option<u32> = body.iter().zip(WEIGHTS).map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    sum.and_then(|sum| CHECKS.get(sum as usize % 11)).is_some_and(|check| check == last)
}

/// Whether the first two digits are a province's (GB/T 2260).
pub(super) fn begins_with_province(number: &[char]) -> bool {
    let first: String = number.iter().take(2).collect();
    matches!(first.parse::<u32>(), Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81 | 82))
}

/// Whether eight digits at `at` can be the day of birth of somebody alive.
pub(super) fn birthday_at(number: &[char], at: usize) -> bool {
    let part = |from: usize, n: usize| -> Option<u32> {
        number.get(at + from..at + from + n)?.iter().collect::<String>().parse().ok()
    };
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 2), part(6, 2)) else { return false };
    (1900..=2099).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Whether the digits have a right check digit by Luhn's formula (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(number: &[char]) -> bool {
    let sum: Option<u32> = number
        .iter()
        .rev()
        .enumerate()
        .map(|(i, c)| {
            let d = c.to_digit(10)?;
            let twice = if i % 2 == 1 { d * 2 } else { d };
            Some(if twice > 9 { twice - 9 } else { twice })
        })
        .sum();
    sum.is_some_and(|sum| sum % 10 == 0)
}

/// Whether the digits can be a bank card: issuer's first digit and check digit; lengths of cards in use.
pub(super) fn is_bank_card(number: &[char]) -> bool {
    // 62 and 4, 5, 60 are today's issuers, 955 old cards of two banks, 34 and 37 charge cards, 35 a Japanese issuer.
    let form = match number {
        ['4'..='6', ..] => matches!(number.len(), 16..=19),
        ['9', '5', '5', ..] => number.len() == 19,
        ['3', '4' | '7', ..] => number.len() == 15,
        ['3', '5', ..] => number.len() == 16,
        _ => false,
    };
    form && luhn(number)
}

/// Whether the digits are a mobile number of mainland China.
pub(super) fn is_mobile(number: &[char]) -> bool {
    number.len() == 11 && begins_like_mobile(number)
}

/// 13… to 19….
pub(super) fn begins_like_mobile(number: &[char]) -> bool {
    matches!(number, ['1', '3'..='9', ..])
}

/// Whether the digits are a fixed-line number with its area code: 010, 02x and eight digits, 03xx to 09xx and seven or eight.
pub(super) fn is_area_number(number: &[char]) -> bool {
    match number {
        ['0', '1', '0', rest @ ..] | ['0', '2', _, rest @ ..] => rest.len() == 8 && local_begins(rest),
        ['0', '3'..='9', _, _, rest @ ..] => matches!(rest.len(), 7 | 8) && local_begins(rest),
        _ => false,
    }
}

/// A local number never begins with 0 or 1.
pub(super) fn local_begins(number: &[char]) -> bool {
    matches!(number.first(), Some('2'..='9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn check_digits_by_hand() {
        // The example of GB 11643-1999 itself, and one with X.
        assert!(is_id_card(&chars("11010519491231002X")));
        assert!(!is_id_card(&chars("110105194912310021")));
        assert!(is_id_card(&chars("440524188001010014")) == birthday_at(&chars("440524188001010014"), 6));
        assert!(!is_id_card(&chars("110105194913310023")));
        // The example of ISO/IEC 7812-1's formula.
        assert!(luhn(&chars("79927398713")));
        assert!(!luhn(&chars("79927398710")));
        assert!(is_bank_card(&chars("4111111111111111")));
        assert!(!is_bank_card(&chars("4111111111111112")));
        assert!(!is_bank_card(&chars("79927398713")));
    }

    #[test]
    fn telephone_forms() {
        assert!(is_mobile(&chars("13800138000")));
        assert!(!is_mobile(&chars("12800138000")));
        assert!(is_area_number(&chars("01062345678")));
        assert!(is_area_number(&chars("05718765432")));
        assert!(!is_area_number(&chars("057101234567")));
        assert!(!is_area_number(&chars("010123456")));
    }
}
