#!/usr/bin/env bash
# A Slurm of one node for tests: on the loopback interface only, with its state in one folder, without
# accounting, cgroups and systemd. Needs root, and Debian's packages slurmctld, slurmd, slurm-client, munge.
#
#   scripts/slurm.sh start DIR [PORT]     then: export SLURM_CONF=DIR/slurm.conf
#   scripts/slurm.sh stop DIR
#   scripts/slurm.sh slurmd DIR           starts the daemon of the node again, after its end
set -euo pipefail

fail() {
    echo "scripts/slurm.sh: $*" >&2
    exit 1
}

# wait_for SECONDS WHAT COMMAND...
wait_for() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "no $what; see the logs in $dir"
        sleep 0.1
    done
}

node_is_idle() { [ "$(sinfo --noheader --format=%T)" = idle ]; }

stop_daemon() {
    local pid
    pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 0
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] || return 0
    kill "$pid"
    for _ in $(seq 50); do
        [ -d "/proc/$pid" ] || return 0
        sleep 0.1
    done
    kill -9 "$pid" || true
}

configure() {
    local node
    node=$(hostname -s)
    # cred_expire: a requeued job waits for so many seconds; Slurm's own value makes it two minutes.
    cat >"$SLURM_CONF" <<EOF
ClusterName=tests
SlurmctldHost=$node(127.0.0.1)
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=60 PriorityTier=10
PartitionName=low Nodes=$node MaxTime=60 PriorityTier=0
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthInfo=socket=$dir/munge.socket,cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=2,batch_sched_delay=0
KillWait=5
ReturnToService=2
JobCompType=jobcomp/none
EOF
}

start() {
    local tool
    for tool in munged slurmctld slurmd sbatch; do
        command -v "$tool" >/dev/null || fail "$tool is missing; install slurmctld, slurmd, slurm-client, munge"
    done
    [ ! -e "$SLURM_CONF" ] || fail "$SLURM_CONF exists; stop that Slurm first"
    mkdir -p -m 755 "$dir/state" "$dir/spool"
    configure
    (umask 077 && head -c 128 /dev/urandom >"$dir/munge.key")
    munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" \
        --pid-file="$dir/munged.pid" --seed-file="$dir/munge.seed" --log-file="$dir/munged.log" \
        2>/dev/null || fail "munged does not start; see $dir/munged.log"
    slurmctld -L "$dir/slurmctld.log" >/dev/null 2>&1 || fail "slurmctld does not start"
    wait_for 20 slurmctld scontrol ping
    start_slurmd
    wait_for 20 "idle node" node_is_idle
}

start_slurmd() {
    slurmd -L "$dir/slurmd.log" >/dev/null 2>&1 || fail "slurmd does not start"
}

stop() {
    [ -e "$SLURM_CONF" ] || return 0
    # Jobs outlive slurmd.
    timeout 5 scancel --full --signal=KILL --user=root >/dev/null 2>&1 || true
    timeout 5 scancel --user=root >/dev/null 2>&1 || true
    local daemon
    for daemon in slurmd slurmctld munged; do stop_daemon "$daemon"; done
    rm -f "$SLURM_CONF"
}

verb=${1:?start or stop} dir=$(realpath -m "${2:?the folder}") port=${3:-16817}
export SLURM_CONF=$dir/slurm.conf
case $verb in
    start) start ;;
    stop) stop ;;
    slurmd) start_slurmd ;;
    *) fail "want start, stop or slurmd, got $verb" ;;
esac
