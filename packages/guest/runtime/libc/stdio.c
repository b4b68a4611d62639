// The stdout and stderr of musl and of wasi-libc, which is musl over WASI. Writes them to the host's console: whole
// lines, in as few hypercalls as possible.
#include <colony/virtine.h>

#include <string.h>

// The beginning of their FILE (src/internal/stdio_impl.h): unchanged since musl 1.1, and always the same in wasi-libc.
struct file {
  unsigned flags;
  unsigned char *rpos, *rend;
  int (*close)(struct file *);
  unsigned char *wend, *wpos;
#ifndef __wasm32__
  unsigned char *unused;
#endif
  unsigned char *wbase;
  size_t (*read)(struct file *, unsigned char *, size_t);
  size_t (*write)(struct file *, const unsigned char *, size_t);
  void (*seek)(void);
  unsigned char *buffer;
  size_t buffer_size;
  struct file *prev, *next;
  int fd;
};

__attribute__((weak)) extern struct file *const stdout;  // absent in a program that does not print

// The unfinished line of stdout.
static struct {
  size_t length;
  char text[1024];
} line;

static void send(const char *level, const char *text, size_t length) {
  if (length == 0) return;
  size_t shown = length - (text[length - 1] == '\n');
  colony_value value = {.kind = COLONY_STRING, .bytes = {(const uint8_t *)text, shown}};
  colony_call("colony:console", level, value);
}

static void send_line(void) {
  size_t length = line.length;
  line.length = 0;  // before the call, which may not return
  send("log", line.text, length);
}

static void keep(const char *text, size_t length) {
  while (length > 0) {
    size_t part = sizeof line.text - line.length;
    if (part > length) part = length;
    memcpy(line.text + line.length, text, part);
    line.length += part;
    text += part;
    length -= part;
    if (line.length == sizeof line.text) send_line();
  }
}

static void print(const char *text, size_t length) {
  size_t whole = length;  // up to the last newline
  while (whole > 0 && text[whole - 1] != '\n') whole--;
  if (whole > 0 && line.length > 0) {
    size_t first = (size_t)((const char *)memchr(text, '\n', whole) - text) + 1;
    keep(text, first);
    if (line.length > 0) send_line();
    text += first;
    whole -= first;
    length -= first;
  }
  send("log", text, whole);
  keep(text + whole, length - whole);
}

static void write_text(struct file *file, const unsigned char *text, size_t length) {
  if (file->fd == 2) send("error", (const char *)text, length);
  else print((const char *)text, length);
}

// The libc calls it with text to write after the content of its buffer.
size_t __stdio_write(struct file *file, const unsigned char *text, size_t length) {
  unsigned char *from = file->wbase, *to = file->wpos;
  file->wend = file->buffer + file->buffer_size;
  file->wpos = file->wbase = file->buffer;
  if (to > from) write_text(file, from, (size_t)(to - from));
  if (length > 0) write_text(file, text, length);
  return length;
}

size_t __stdout_write(struct file *file, const unsigned char *text, size_t length) {
  file->write = __stdio_write;
  return __stdio_write(file, text, length);
}

void libc_after_call(void) {
  if (&stdout == NULL) return;
  if (stdout->wpos > stdout->wbase) __stdio_write(stdout, NULL, 0);
  if (line.length > 0) send_line();
}
