#!/bin/busybox sh
# The first process of the emulated machine: loads KVM, lays a writable layer over the host's files, runs /job there.
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
# QEMU takes a busy TSS, which every TSS in use is, for none, and refuses the ports that its bitmap grants. With this
# option KVM looks into such a refusal itself, and decides as a processor does.
while read -r module; do
  [ "$module" = kvm ] && options=enable_vmware_backdoor=1 || options=
  insmod "/modules/$module" $options || echo "init: cannot load $module"
done < /modules/order

# The host's files, read-only below a layer in memory: nothing in here changes the host, but for /emulated/out.
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host
mount -t tmpfs -o size=60% none /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work none /root
for kind in proc sys dev; do mount --move "/$kind" "/root/$kind"; done
mkdir -p /root/dev/pts /root/dev/shm /root/emulated/out
mount -t devpts none /root/dev/pts
mount -t tmpfs none /root/dev/shm
mount -t tmpfs none /root/run
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /root/emulated/out 2>/dev/null
cp /job /root/emulated/job
ip link set lo up

port() {
  for entry in /root/sys/class/virtio-ports/*; do
    [ "$(cat "$entry/name")" = "$1" ] && echo "/root/dev/${entry##*/}"
  done
}
# Through pipes: what the command's children open as /dev/stdout must open twice, which a port does not.
mkfifo /stdout /stderr
cat < /stdout > "$(port stdout)" &
cat < /stderr > "$(port stderr)" &
chroot /root /bin/sh /emulated/job > /stdout 2> /stderr < /dev/null
status=$?
wait
echo "$status" > "$(port status)"
poweroff -f
