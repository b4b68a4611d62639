#include "vector.h"

#include <asm/errno.h>

#include "user.h"

enum { MOST_PIECES = 1024 };

static int64_t take_piece(const uint64_t vector[2], uint64_t index, struct piece *piece) {
  return user_take(piece, vector[0] + index * sizeof *piece, sizeof *piece);
}

// Linux checks all pieces before it uses one.
static int64_t check_pieces(const uint64_t vector[2]) {
  uint64_t total = 0;
  for (uint64_t i = 0; i < vector[1]; i++) {
    struct piece piece;
    int64_t error = take_piece(vector, i, &piece);
    if (error < 0) return error;
    if (piece.length > INT64_MAX || total + piece.length > INT64_MAX) return -EINVAL;
    total += piece.length;
  }
  return 0;
}

int64_t vector_each(piece_call *call, struct open_file *file, uint64_t offset, const uint64_t vector[2]) {
  if (vector[1] > MOST_PIECES) return -EINVAL;
  int64_t error = check_pieces(vector);
  if (error < 0) return error;
  int64_t total = 0;
  for (uint64_t i = 0; i < vector[1] && total < MOST_BYTES; i++) {
    struct piece piece;
    error = take_piece(vector, i, &piece);
    if (error == 0 && piece.length == 0) continue;
    int64_t done = error < 0 ? error : call(file, offset + (uint64_t)total, piece);
    if (done < 0) return total > 0 ? total : done;
    total += done;
    if ((uint64_t)done < piece.length) break;
  }
  return total;
}

int64_t file_with_offset(uint64_t descriptor, uint64_t offset, file_allows *allows, struct open_file **file) {
  if ((int64_t)offset < 0) return -EINVAL;
  *file = descriptor_file(descriptor);
  if (*file == NULL) return -EBADF;
  if ((*file)->node->behaviour->seeking == SEEKS_NOT) return -ESPIPE;
  return allows(*file) ? 0 : -EBADF;
}

int64_t advance(struct open_file *file, int64_t result) {
  if (result > 0 && file->node->behaviour->seeking == SEEKS) file->offset += (uint64_t)result;
  return result;
}
