// /proc: files that are made when they are opened, and links to what the process has. Only names that programs ask for.
#include "proc.h"

#include <asm/errno.h>
#include <linux/stat.h>

#include "../process/process.h"
#include "descriptor.h"
#include "proc_text.h"

static const struct {
  const char *path;
  void (*write)(struct content *content);
} kFiles[] = {
    {"cpuinfo", proc_cpuinfo},
    {"meminfo", proc_meminfo},
    {"stat", proc_stat},
    {"uptime", proc_uptime},
    {"filesystems", proc_filesystems},
    {"self/maps", proc_maps},
    {"self/cmdline", proc_cmdline},
    {"self/comm", proc_comm},
    {"self/status", proc_status},
    {"self/stat", proc_self_stat},
    {"self/statm", proc_statm},
    {"self/cgroup", proc_cgroup},
    {"self/mounts", proc_mounts},
    {"sys/vm/overcommit_memory", proc_overcommit},
    {"sys/vm/max_map_count", proc_map_count},
    {"sys/kernel/pid_max", proc_pid_max},
    {"sys/kernel/random/uuid", proc_uuid},
};

// An open file keeps the text of the time when it was opened.
static int64_t open_made(struct node **node, uint32_t flags) {
  (void)flags;
  struct node *copy = node_new(&kRegular, STORE_PROC, (*node)->mode);
  copy->number = (*node)->number;
  kFiles[(*node)->device].write(&copy->content);
  *node = copy;
  return 0;
}

// stat shows no size, as on Linux, because the text does not exist yet.
static const struct behaviour kMade = {.open = open_made};

static struct node *directory_of(struct node *top, struct name name) {
  struct node *node = NULL;
  if (directory_find(top, name, &node) == 0) return node;
  node = node_new(&kDirectory, STORE_PROC, S_IFDIR | 0555);
  (void)node_link(top, name, node);
  return node;
}

static void put(struct node *directory, const char *path, struct node *node) {
  for (const char *slash = strchr(path, '/'); slash != NULL; path = slash + 1, slash = strchr(path, '/'))
    directory = directory_of(directory, (struct name){path, (size_t)(slash - path)});
  (void)node_link(directory, name_of(path), node);
}

// --- links ---------------------------------------------------------------------------------------------------------

static const char *executable(struct node *node) {
  (void)node;
  return process_executable();
}

static const struct behaviour kExecutable = {.target = executable};

static const char *working_path(struct node *node) {
  static char room[LONGEST_PATH];
  (void)node;
  const char *path = node_path(working_node, room);
  return path == NULL ? "(deleted)" : path;
}

static struct node *working(struct node *node) {
  (void)node;
  return working_node;
}

static const struct behaviour kWorking = {.target = working_path, .leads_to = working};

static struct node *descriptor_node(struct node *link) {
  struct open_file *file = descriptor_place(link->device);
  return file == NULL ? NULL : file->node;
}

// "pipe:[7]"
static const char *name_stream(const struct node *node) {
  static struct content text;
  if (node->behaviour->name != NULL) return node->behaviour->name;
  content_resize(&text, 0);
  content_text(&text, "pipe:[");
  content_number(&text, node->number, 10, 1);
  content_text(&text, "]");
  (void)content_write(&text, text.size, "", 1);
  return (const char *)text.data;
}

static const char *descriptor_path(struct node *link) {
  static char room[LONGEST_PATH];
  const struct node *node = descriptor_node(link);
  if (node == NULL) return "";
  if (node->store == STORE_STREAM) return name_stream(node);
  const char *path = node_path(node, room);
  return path == NULL ? "(deleted)" : path;
}

static const struct behaviour kDescriptor = {.target = descriptor_path, .leads_to = descriptor_node};

// --- /proc/self/fd -------------------------------------------------------------------------------------------------

static struct name number_name(uint32_t number, char room[12]) {
  char *at = room + 11;
  *at = '\0';
  do *--at = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  return name_of(at);
}

// Links stay once they were made, so that their inode numbers do.
static struct node *link_of(struct node *directory, uint32_t descriptor) {
  char room[12];
  struct name name = number_name(descriptor, room);
  const struct entry *entry = directory_entry(&directory->directory, name);
  if (entry != NULL) return entry->node;
  struct node *node = node_new(&kDescriptor, STORE_PROC, S_IFLNK | 0700);
  node->device = descriptor;
  (void)node_link(directory, name, node);
  return node;
}

static int64_t find_descriptor(struct node *directory, struct name name, struct node **node) {
  uint32_t number = 0;
  for (size_t i = 0; i < name.length; i++) {
    if (name.text[i] < '0' || name.text[i] > '9' || (i == 0 && name.text[0] == '0' && name.length > 1)) return -ENOENT;
    number = number * 10 + (uint32_t)(name.text[i] - '0');
    if (number >= MOST_DESCRIPTORS) return -ENOENT;
  }
  if (descriptor_place(number) == NULL) return -ENOENT;
  *node = link_of(directory, number);
  return 0;
}

static void remove_closed(struct node *directory) {
  uint64_t cookie = 0;
  for (struct entry *entry; (entry = directory_after(&directory->directory, cookie)) != NULL;) {
    cookie = entry->cookie;
    if (descriptor_place(entry->node->device) == NULL) node_unlink(directory, entry);
  }
}

static int64_t list_descriptors(struct node *directory) {
  remove_closed(directory);
  for (uint32_t i = 0; i < MOST_DESCRIPTORS; i++) {
    if (descriptor_place(i) != NULL) (void)link_of(directory, i);
  }
  return 0;
}

static const struct source kDescriptors = {.find = find_descriptor, .list = list_descriptors};

void proc_fill(struct node *directory) {
  for (size_t i = 0; i < sizeof kFiles / sizeof *kFiles; i++) {
    struct node *node = node_new(&kMade, STORE_PROC, S_IFREG | 0444);
    node->device = i;
    put(directory, kFiles[i].path, node);
  }
  put(directory, "self/exe", node_new(&kExecutable, STORE_PROC, S_IFLNK | 0777));
  put(directory, "self/cwd", node_new(&kWorking, STORE_PROC, S_IFLNK | 0777));
  put(directory, "self/root", node_new_link(STORE_PROC, "/"));
  put(directory, "mounts", node_new_link(STORE_PROC, "self/mounts"));
  struct node *descriptors = node_new(&kDirectory, STORE_PROC, S_IFDIR | 0500);
  descriptors->directory.source = &kDescriptors;
  put(directory, "self/fd", descriptors);
}
