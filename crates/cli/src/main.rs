//! `kubarium`: the cluster without a page. `run` plays a shell script on the workstation of a fresh cluster in virtual
//! time; `serve` offers the same API server over HTTP, so that the real kubectl and other clients can talk to it.

mod exec;
mod explain;
mod protobuf;
mod run;
mod serve;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A whole Kubernetes cluster, simulated.
#[derive(Parser)]
#[command(name = "kubarium", version, about)]
struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a shell script on the workstation of a fresh cluster, in virtual time
    ///
    /// The script is bash; kubectl is there, and the cluster is at rest when it starts. The exit status is the script's.
    Run {
        /// Randomness comes from this
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Worker nodes beside the control plane
        #[arg(long, default_value_t = 2)]
        nodes: u32,
        /// The script, or `-` for standard input
        file: String,
        /// Its arguments
        #[arg(trailing_var_arg = true)]
        args: Vec<String>,
    },
    /// Serve the API of a fresh cluster over HTTP
    Serve {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8001")]
        listen: SocketAddr,
        /// Simulated seconds per second
        #[arg(long, default_value_t = 1.0)]
        speed: f64,
        /// Randomness comes from this
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Worker nodes beside the control plane
        #[arg(long, default_value_t = 2)]
        nodes: u32,
        /// Write a kubeconfig for this server here
        #[arg(long)]
        kubeconfig: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let result = match Flags::parse().command {
        Command::Run { seed, nodes, file, args } => run::run(seed, nodes, &file, &args),
        Command::Serve { listen, speed, seed, nodes, kubeconfig } => {
            serve::serve(&serve::Options { listen, speed, seed, nodes, kubeconfig }).map(|()| 0)
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("kubarium: {error}");
            ExitCode::from(2)
        }
    }
}
