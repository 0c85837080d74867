//! What is heard on a line besides speech.

use std::f32::consts::TAU;

const RATE: f32 = 16_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Digital zeros.
    Silence,
    /// The idle noise of a coded line.
    IdleNoise,
    /// White noise at −30 dBFS.
    Noise,
    /// Noise that swells and falls, like traffic.
    Rumble,
    /// 450 Hz, 1 s on, 4 s off: the Chinese ringing tone.
    Ringback,
    /// 450 Hz, 0.35 s on, 0.35 s off: engaged.
    Busy,
    /// Keys.
    Dtmf,
    /// A simple tune with overtones, as while on hold.
    Melody,
    /// Mains hum.
    Hum,
    /// Clicks.
    Clicks,
}

impl Sound {
    pub const ALL: [Sound; 10] = [
        Sound::Silence,
        Sound::IdleNoise,
        Sound::Noise,
        Sound::Rumble,
        Sound::Ringback,
        Sound::Busy,
        Sound::Dtmf,
        Sound::Melody,
        Sound::Hum,
        Sound::Clicks,
    ];

    pub fn samples(self, seconds: f32) -> Vec<f32> {
        let mut noise = Noise(0x2545_F491);
        let mut smooth = 0.0;
        (0..(seconds * RATE) as usize)
            .map(|i| {
                let t = i as f32 / RATE;
                let tone = |hz: f32| (TAU * hz * t).sin();
                match self {
                    Sound::Silence => 0.0,
                    Sound::IdleNoise => 0.0004 * noise.next(),
                    Sound::Noise => 0.05 * noise.next(),
                    Sound::Rumble => {
                        smooth += 0.05 * (noise.next() - smooth);
                        0.6 * smooth * (0.6 + 0.4 * tone(0.3))
                    }
                    Sound::Ringback => {
                        if t % 5.0 < 1.0 {
                            0.2 * tone(450.0)
                        } else {
                            0.0
                        }
                    }
                    Sound::Busy => {
                        if t % 0.7 < 0.35 {
                            0.2 * tone(450.0)
                        } else {
                            0.0
                        }
                    }
                    Sound::Dtmf => dtmf(t, tone),
                    Sound::Melody => melody(t),
                    Sound::Hum => 0.05 * (tone(50.0) + 0.5 * tone(100.0) + 0.3 * tone(150.0)),
                    Sound::Clicks => {
                        if i % 4_000 < 12 {
                            0.5 * noise.next()
                        } else {
                            0.0
                        }
                    }
                }
            })
            .collect()
    }
}

fn dtmf(t: f32, tone: impl Fn(f32) -> f32) -> f32 {
    const KEYS: [(f32, f32); 5] = [(697.0, 1209.0), (770.0, 1336.0), (852.0, 1477.0), (941.0, 1336.0), (697.0, 1477.0)];
    let (low, high) = KEYS[(t / 0.2) as usize % KEYS.len()];
    if t % 0.2 < 0.12 { 0.15 * (tone(low) + tone(high)) } else { 0.0 }
}

/// Half-second notes that fade, with two overtones each.
fn melody(t: f32) -> f32 {
    const NOTES: [f32; 8] = [523.3, 587.3, 659.3, 784.0, 659.3, 587.3, 523.3, 440.0];
    let hz = NOTES[(t / 0.5) as usize % NOTES.len()];
    let within = t % 0.5;
    let wave = |k: f32| (TAU * hz * k * t).sin() / (k * k);
    0.25 * (-3.0 * within).exp() * (wave(1.0) + wave(2.0) + wave(3.0))
}

/// A small generator of noise within ±1.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / 2_147_483_648.0 - 1.0
    }
}
