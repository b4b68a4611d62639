// MD4C, a Markdown parser that hands its HTML over piece by piece.
#include <colony/virtine.h>
#include <md4c-html.h>
#include <stdlib.h>
#include <string.h>

struct html {
  char *text;
  size_t length, room;
};

static void append(const char *piece, MD_SIZE size, void *to) {
  struct html *html = to;
  if (html->room - html->length <= size) {
    html->room = 2 * (html->room + size) + 1;
    html->text = realloc(html->text, html->room);
    if (html->text == NULL) colony_throw("the page is too large");
  }
  memcpy(html->text + html->length, piece, size);
  html->length += size;
}

/**
 * HTML of Markdown as GitHub writes it, with tables and crossed-out words. HTML in the text stays text.
 */
virtine(memory("4MiB"), wallTime("1s"), stack("256KiB")) const char *render(const char *markdown) {
  struct html html = {0};
  append("", 0, &html);
  if (md_html(markdown, strlen(markdown), append, &html, MD_DIALECT_GITHUB | MD_FLAG_NOHTML, 0) != 0)
    colony_throw("this is no text that can be parsed");
  html.text[html.length] = 0;
  return html.text;
}
