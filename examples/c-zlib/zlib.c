// zlib's two halves as virtines. Pointers with sizes are all that the compiler needs to be told.
#include <colony/virtine.h>
#include <string.h>
#include <zlib.h>

enum status {
  DONE = Z_OK,
  CORRUPT = Z_DATA_ERROR,
  OUT_OF_MEMORY = Z_MEM_ERROR,
  OUT_OF_ROOM = Z_BUF_ERROR,
};

/**
 * Compresses.
 * @param room bytes that the result may have; deflate needs 0.1% and 12 bytes more than data that cannot be compressed
 * @param level 0 (only stored) to 9 (smallest)
 */
virtine(memory("8MiB"), wallTime("5s")) enum status
    pack(colony_in(size) const uint8_t *data, size_t size, int level, colony_out(*room) uint8_t *to, size_t *room) {
  return (enum status)compress2(to, room, data, size, level);
}

/**
 * The inverse of pack.
 * @param room bytes that the result may have: a bomb ends as OUT_OF_ROOM
 */
virtine(memory("8MiB"), wallTime("5s")) enum status
    unpack(colony_in(size) const uint8_t *data, size_t size, colony_out(*room) uint8_t *to, size_t *room) {
  return (enum status)uncompress(to, room, data, size);
}
