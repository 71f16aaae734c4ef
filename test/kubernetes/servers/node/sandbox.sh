#!/bin/sh
# sandbox.sh keep FOLDER CGROUP  runs a node's namespaces until standard input ends, however its writer ended; then removes
#                                everything: processes, mounts, links, control groups, FOLDER. A line on standard input
#                                starts the namespaces again, as a reboot does. Prints the id of each first process.
# sandbox.sh init FOLDER CGROUP  is that first process.
set -u
mode=$1 folder=$2 cgroup=$3

if [ "$mode" = keep ]; then
  trap '' INT HUP TERM
  begin() {
    rm -f "$folder/run/ready" "$folder/run/entrance.sock"
    unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc sh "$0" init "$folder" "$cgroup" > "$folder/log/sandbox.log" 2>&1 &
    outer=$!
    until [ -e "$folder/run/ready" ]; do
      kill -0 "$outer" || { cat "$folder/log/sandbox.log" >&2; break; }
      sleep 0.05
    done
    cat "/proc/$outer/task/$outer/children"
    echo
  }
  end() {
    kill -9 "$outer"; wait "$outer"
    # The kernel may still be ending processes of the namespace: their groups are busy until then.
    for attempt in $(seq 100); do
      left=
      for group in /sys/fs/cgroup/*/"$cgroup"; do
        [ -d "$group" ] || continue
        find "$group" -depth -type d -exec rmdir {} \;
        [ -d "$group" ] && left=yes
      done
      [ -z "$left" ] && break
      sleep 0.1
    done
  }
  begin
  while read -r line; do end 2> /dev/null; begin; done
  end 2> /dev/null
  rm -rf "$folder"
  exit
fi

set -e
hostname node1
ip link set lo up
# Not every kernel has dummy links: a pair with both ends inside does as well.
ip link add node0 type veth peer name node0p
ip link set node0p up
ip addr add 10.77.0.1/24 dev node0
ip link set node0 up
# Lets dials from the node to Service addresses reach the rules of kube-proxy.
ip route add 10.96.0.0/16 dev node0
mount --rbind /sys/fs/cgroup "$folder/mount/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$folder/mount/cgroup" /sys/fs/cgroup
for path in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs "$path"; done
mkdir -p /run/containerd /run/lock /run/netns
mount --bind "$folder/etc/resolv.conf" "$(readlink -f /etc/resolv.conf)"
# The kubelet writes these for the whole machine: it finds what it wants, in files of its own.
fake() {
  echo "$2" > "$folder/mount/$(basename "$1")"
  mount --bind "$folder/mount/$(basename "$1")" "/proc/sys/$1"
}
fake vm/overcommit_memory 1
fake vm/panic_on_oom 0
fake kernel/panic 10
fake kernel/panic_on_oops 1
fake kernel/keys/root_maxkeys 1000000
fake kernel/keys/root_maxbytes 25000000
mount --make-rshared /
echo 1 > /proc/sys/net/ipv4/ip_forward
[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
for controller in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do mkdir -p "/sys/fs/cgroup/$controller/$cgroup"; done
for name in cpus mems; do cat "/sys/fs/cgroup/cpuset/cpuset.$name" > "/sys/fs/cgroup/cpuset/$cgroup/cpuset.$name"; done
# All pods together would weigh no more than one process of the machine outside.
echo 8192 > "/sys/fs/cgroup/cpu/$cgroup/cpu.shares"
touch "$folder/run/ready"
while :; do sleep 3600 & wait $!; done
