#ifndef COLONY_LINUX_PROC_H
#define COLONY_LINUX_PROC_H

struct node;

// Puts the files of /proc into a directory.
void proc_fill(struct node *directory);

#endif
