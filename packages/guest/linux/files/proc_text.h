// The texts of files in /proc.
#ifndef COLONY_LINUX_PROC_TEXT_H
#define COLONY_LINUX_PROC_TEXT_H

#include "content.h"

void proc_cpuinfo(struct content *content);
void proc_meminfo(struct content *content);
void proc_stat(struct content *content);
void proc_uptime(struct content *content);
void proc_filesystems(struct content *content);
void proc_maps(struct content *content);
void proc_cmdline(struct content *content);
void proc_comm(struct content *content);
void proc_status(struct content *content);
void proc_self_stat(struct content *content);
void proc_statm(struct content *content);
void proc_cgroup(struct content *content);
void proc_mounts(struct content *content);
void proc_overcommit(struct content *content);
void proc_map_count(struct content *content);
void proc_pid_max(struct content *content);
void proc_uuid(struct content *content);

#endif
