//! Which process holds a claim, and whether it still lives.
//!
//! A process id alone does not tell: it is used again, means something else in a container, and nothing at all on another
//! machine. Where the system shows more (Linux, under `/proc`) the owner is checked; where not, only its heartbeat counts.

use std::fs;

/// A process, as far as it can be told apart from every other. Empty fields are unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Process id.
    pub pid: u32,
    /// Name of the machine.
    pub host: String,
    /// Which run of the machine.
    pub boot: String,
    /// In which container the id counts.
    pub pid_space: String,
    /// When the process began, in the system's own count.
    pub started: String,
}

impl Owner {
    /// The process `pid` of this machine.
    pub(crate) fn of(pid: u32) -> Owner {
        Owner {
            pid,
            host: read_line("/proc/sys/kernel/hostname"),
            boot: read_line("/proc/sys/kernel/random/boot_id"),
            pid_space: fs::read_link("/proc/self/ns/pid")
                .map(|to| to.to_string_lossy().into_owned())
                .unwrap_or_default(),
            started: started(pid).unwrap_or_default(),
        }
    }

    /// Whether the process still lives; `None` if that cannot be seen from here.
    pub(crate) fn lives(&self) -> Option<bool> {
        self.lives_beside(&Owner::of(self.pid))
    }

    /// [`Owner::lives`], given the process that now has the same id here.
    fn lives_beside(&self, namesake: &Owner) -> Option<bool> {
        if self.boot.is_empty() || namesake.boot.is_empty() {
            return None;
        }
        if self.boot != namesake.boot {
            // The same machine, started again; or a machine that cannot be seen from here.
            return (self.host == namesake.host).then_some(false);
        }
        (self.pid_space == namesake.pid_space).then(|| !namesake.started.is_empty() && self.started == namesake.started)
    }
}

fn read_line(path: &str) -> String {
    fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// Field 22 of `/proc/PID/stat`: clock ticks from the start of the machine to that of the process. `None` if there is no such
/// process, or it has ended and only waits to be collected.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets, which may itself hold brackets and spaces.
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let rest = String::from_utf8_lossy(stat.get(after_name..)?);
    let mut fields = rest.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        let text = str::to_owned;
        Owner { pid: 7, host: text("a"), boot: text("b1"), pid_space: text("p"), started: text("100") }
    }

    #[test]
    fn only_what_can_be_seen_is_judged() {
        let claimed = owner();
        let beside = |change: fn(&mut Owner)| {
            let mut here = owner();
            change(&mut here);
            claimed.lives_beside(&here)
        };
        assert_eq!(beside(|_| ()), Some(true));
        assert_eq!(beside(|here| here.started = "200".into()), Some(false), "its number was used again");
        assert_eq!(beside(|here| here.started.clear()), Some(false), "there is no such process");
        assert_eq!(beside(|here| here.boot = "b2".into()), Some(false), "the machine was started again");
        assert_eq!(beside(|here| (here.boot, here.host) = ("b2".into(), "z".into())), None, "another machine");
        assert_eq!(beside(|here| here.pid_space = "q".into()), None, "another container");
        assert_eq!(beside(|here| here.boot.clear()), None, "a system that shows nothing");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_is_alive_until_it_is_killed() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let owner = Owner::of(child.id());
        assert_eq!(owner.lives(), Some(true));
        child.kill().unwrap();
        // Not yet collected by its parent, it keeps its number.
        let gone = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            owner.lives() == Some(false)
        });
        assert!(gone);
        child.wait().unwrap();
        assert_eq!(owner.lives(), Some(false));
    }
}
