//! The operating system and nothing else: runs a script on a machine. Its size in wasm is the system's own.

use kubarium_world::{machines, outside};
use os::{Flavour, Machine, MachineSpec, Time, Volumes, image};

fn main() {
    outside::tell_panics();
    let spec = MachineSpec { root: image::base(Flavour::Gnu), ..MachineSpec::default() };
    let mut machine = Machine::new(spec, Time(0));
    outside::say(&machines::sh(&mut machine, &mut Volumes::new(), &outside::argument()));
}
