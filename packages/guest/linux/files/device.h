#ifndef COLONY_LINUX_DEVICE_H
#define COLONY_LINUX_DEVICE_H

struct node;

// Puts the devices into a directory.
void device_fill(struct node *directory);

#endif
