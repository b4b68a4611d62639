// The pages as text: what they hold, what they may load, and what is escaped.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { graphOf, pageOf, type Table, tableOf } from '../src/index.js';

const EVIL = `"><img src=x onerror=alert(1)>'&`;
const SVG = '<svg viewBox="0 0 10 10"><g class="node" transform="translate(0 0)"><title>a</title></g></svg>';
const PAGE = { kicker: 'k', headline: 'h', sections: [{ id: 'a', title: 'A', html: '<p>a</p>' }] };

describe('a page', () => {
  it('has the headline, the answers, contents, and the sections that are not empty', () => {
    const html = pageOf({
      ...{ kicker: 'Kind', headline: 'How much?', warning: 'Careful', notes: ['a note'] },
      answers: [{ value: '35 µs', what: 'a call', note: 'twice the floor', mood: 'bad' }],
      sections: [...PAGE.sections, { id: 'b', title: 'B', html: '<p>b</p>' }, { id: 'c', title: 'C', html: '' }],
    });
    expect(html).toContain('<title>Kind: How much?</title>');
    expect(html).toMatch(
      /<h1>How much\?<\/h1>\n<p class="warning">Careful<\/p>\n<ul class="answers"><li class="bad"><b>35 µs<\/b>a call/,
    );
    expect([...html.matchAll(/<li><a href="#(\w)">(\w)</g)].map(([, id, title]) => [id, title])).toEqual([
      ['a', 'A'],
      ['b', 'B'],
    ]);
    expect(html.match(/<section /g)).toHaveLength(2);
    expect(pageOf(PAGE)).not.toContain('<nav');
  });

  it('takes all texts for text', () => {
    const html = pageOf({
      ...{ kicker: EVIL, headline: EVIL, warning: EVIL, notes: [EVIL] },
      answers: [{ value: EVIL, what: EVIL, note: EVIL }],
      sections: [
        { id: EVIL, title: EVIL, html: 'x' },
        {
          ...{ id: 'b', title: 'B' },
          html: tableOf({
            title: EVIL,
            head: [EVIL, EVIL],
            rows: [EVIL, [{ text: EVIL, note: EVIL, section: EVIL }, EVIL]],
            notes: [EVIL],
          }),
        },
      ],
    });
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/="[^"]*"><img/);
  });

  it('may load nothing, and may run only the script of a drawing', () => {
    const policyIn = (html: string) => /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    const plain = pageOf(PAGE);
    expect(policyIn(plain)).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(plain).not.toContain('<script');
    const drawn = pageOf({ ...PAGE, sections: [{ id: 'g', title: 'G', html: graphOf(SVG) }] });
    const scripts = [...drawn.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text]) => text!);
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    expect(policyIn(drawn)).toContain(`script-src 'sha256-${hash}'`);
    expect(plain + drawn).not.toMatch(/https?:|@import|url\(| src=/);
  });
});

describe('a table', () => {
  const TABLE: Table = {
    ...{ title: 'Costs', head: ['subject', 'median', 'floor'], right: [1], code: [0] },
    rows: ['a part', [{ text: 'call', note: 'one call', section: 's' }, '12 µs', '']],
    notes: ['a note'],
  };

  it('has labels for a narrow page, and none where there is no value', () => {
    const html = tableOf(TABLE);
    expect(html).toContain('<th colspan="3" scope="rowgroup">a part</th>');
    expect(html).toContain('<th scope="row"><a href="#s"><code>call</code></a><small>one call</small></th>');
    expect(html).toContain('<td class="number" data-label="median">12\u00a0µs</td><td></td>');
    expect(html).toContain('<p class="note">a note</p>');
  });
});
