// The life of the room: its begin, and the begin and end of a call.
#include <linux/stat.h>

#include "attributes.h"
#include "descriptor.h"
#include "device.h"
#include "path.h"
#include "proc.h"
#include "remote.h"
#include "stream.h"

static struct node *make_directory(struct node *parent, const char *name, enum store store, uint32_t mode) {
  struct node *node = node_new(&kDirectory, store, S_IFDIR | mode);
  (void)node_link(parent, name_of(name), node);
  return node;
}

void files_begin(void) {
  root_node = node_hold(node_new(&kDirectory, STORE_MEMORY, S_IFDIR | 0755));
  root_node->links = 1;
  working_node = node_hold(root_node);
  (void)make_directory(root_node, "tmp", STORE_MEMORY, 01777);
  struct node *devices = make_directory(root_node, "dev", STORE_MEMORY, 0755);
  device_fill(devices);
  (void)make_directory(devices, "shm", STORE_MEMORY, 01777);
  proc_fill(make_directory(root_node, "proc", STORE_PROC, 0555));
}

static void mount_all(const struct host_root *roots, size_t count, enum host_store store) {
  for (size_t i = 0; i < count; i++) {
    if (roots[i].store == store) remote_mount(&roots[i]);
  }
}

void files_set_roots(const struct host_root *roots, size_t count) { mount_all(roots, count, HOST_SET); }

static void go_to_root(void) {
  node_release(working_node);
  working_node = node_hold(root_node);
}

void files_grant(const struct host_facts *facts) {
  remote_unmount_granted();
  mount_all(facts->roots, facts->root_count, HOST_GRANTED);
}

void files_start(const struct host_facts *facts, const uint8_t *input, size_t length) {
  files_end();
  current_call++;
  reset_mask();
  files_grant(facts);
  stream_start(input, length);
}

// Granted files are written back when they are closed.
void files_end(void) {
  file_let_all_go();
  descriptor_close_all();
  go_to_root();
  remote_unmount_granted();
}
