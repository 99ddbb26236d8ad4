//! A file system in a file, whose power can be cut.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::failure::{Checked, Failure};

const SIZE: u64 = 64 << 20;

/// Shuts down the file systems that it is told, without a flush of the journal (ext4's `EXT4_IOC_SHUTDOWN`, flag 2).
const SABOTEUR: &str = "
import fcntl, os, struct, sys
for line in sys.stdin:
    descriptor = os.open(line.rstrip('\\n'), os.O_RDONLY)
    fcntl.ioctl(descriptor, 0x8004587D, struct.pack('I', 2))
    os.close(descriptor)
    print('cut', flush=True)
";

/// A file system in a file. It is taken down when this is dropped.
#[derive(Debug)]
pub(super) struct Disk {
    device: String,
    folder: PathBuf,
    saboteur: Saboteur,
}

#[derive(Debug)]
struct Saboteur {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Disk {
    /// Makes a file system in the folder and tries once to cut its power; why the machine does not allow that.
    pub(super) fn make(folder: &Path) -> Result<Self, String> {
        let why = |failure: Failure| failure.to_string();
        let image = folder.join("disk");
        let file = File::create(&image).map_err(|error| error.to_string())?;
        file.set_len(SIZE).map_err(|error| error.to_string())?;
        let path = image.to_str().ok_or("the folder has no plain name")?;
        run("mkfs.ext4", &["-q", "-F", path]).map_err(why)?;
        let device = run("losetup", &["--find", "--show", path]).map_err(why)?;
        let mount = folder.join("mount");
        let saboteur = Saboteur::start().map_err(why);
        let mut disk = match (fs::create_dir(&mount), saboteur) {
            (Ok(()), Ok(saboteur)) => Self { device, folder: mount, saboteur },
            (Err(error), _) => return Err(error.to_string()),
            (_, Err(why)) => return Err(why),
        };
        disk.mount().and_then(|()| disk.cut()).and_then(|()| disk.unmount()).map_err(why)?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Mounts it as a file system that does nothing for programs that forget to flush.
    pub(super) fn mount(&self) -> Checked<()> {
        run("mount", &["-t", "ext4", "-o", "noauto_da_alloc,commit=1", &self.device, self.name()]).map(|_| ())
    }

    /// Mounts it again after a cut.
    pub(super) fn mount_again(&self) -> Checked<()> {
        self.unmount()?;
        self.mount()
    }

    /// Makes everything that was written last.
    pub(super) fn flush(&self) -> Checked<()> {
        Ok(rustix::fs::syncfs(File::open(&self.folder)?)?)
    }

    /// Cuts the power: nothing is written to the disk any more.
    pub(super) fn cut(&mut self) -> Checked<()> {
        let folder = self.folder.display();
        writeln!(self.saboteur.to, "{folder}")?;
        let mut answer = String::new();
        self.saboteur.from.read_line(&mut answer)?;
        if answer == "cut\n" { Ok(()) } else { Err(Failure::new("the file system cannot be shut down")) }
    }

    fn unmount(&self) -> Checked<()> {
        run("umount", &[self.name()]).map(|_| ())
    }

    fn name(&self) -> &str {
        self.folder.to_str().expect("it was made from a plain name")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It may not be mounted.
        let _ = run("umount", &["--lazy", self.name()]);
        let _ = run("losetup", &["--detach", &self.device]);
    }
}

impl Saboteur {
    fn start() -> Checked<Self> {
        let mut command = Command::new("python3");
        command.args(["-c", SABOTEUR]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let to = child.stdin.take().expect("it was asked for");
        let from = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Self { child, to, from })
    }
}

impl Drop for Saboteur {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program and hands out what it says.
fn run(program: &str, arguments: &[&str]) -> Checked<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::from(error).within(program))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(Failure::new(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
