//! Decodes recordings to 16 kHz and says what they are and how loud; `decode -o OUT.f32 FILE` keeps the samples
//! (32-bit floats, channels interleaved), to be compared with another decoder's.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use hotline_audio::{AudioBlock, AudioSource, FileSource, LevelMeter, OpenOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = None;
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        if arg == "-o" {
            out = args.next().map(std::fs::File::create).transpose()?;
            continue;
        }
        let path = PathBuf::from(arg);
        let begun = Instant::now();
        let mut source = match FileSource::open(&path, &OpenOptions::default()) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let mut block = AudioBlock::default();
        let mut meters = vec![LevelMeter::new(); source.info().channels.len()];
        while source.next_block(&mut block)? {
            for (meter, signal) in meters.iter_mut().zip(&block.channels) {
                meter.push(signal);
            }
            if let Some(out) = &mut out {
                let frames = (0..block.len()).flat_map(|i| block.channels.iter().map(move |signal| signal[i]));
                out.write_all(&frames.flat_map(f32::to_le_bytes).collect::<Vec<u8>>())?;
            }
        }
        let (info, seconds) = (source.info(), meters[0].samples() as f64 / 16_000.0);
        println!("{}: {} {} Hz {} {seconds:.3} s", path.display(), info.format, info.rate_hz, info.layout);
        for (channel, meter) in info.channels.iter().zip(&meters) {
            let (rms, peak, clipped) = (meter.rms_dbfs(), meter.peak_dbfs(), meter.clipped());
            println!("  {channel}: {rms:.1} dBFS, peak {peak:.1}, clipped {clipped:.5}");
        }
        info.issues.iter().for_each(|issue| println!("  {issue}"));
        let cost = begun.elapsed().as_secs_f64() / seconds / meters.len() as f64;
        println!("  {:.3} ms a channel-second", cost * 1000.0);
    }
    Ok(())
}
