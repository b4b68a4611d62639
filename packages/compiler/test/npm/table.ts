/**
 * Sixty npm packages, and calls of their ordinary use. `outcome` is set if the isolated calls differ from the plain
 * ones.
 */
import type { PolicyLayer } from '@colony/core';

export interface Row {
  readonly name: string;
  /** Imports and other code at the top level of the module. */
  readonly top: string;
  /** Expressions, each of which is one call. */
  readonly calls: readonly string[];
  /** Calls that throw. */
  readonly throws?: readonly string[];
  /** The policy that the compiler grants by itself. Default: no grants. */
  readonly policy?: PolicyLayer;
  /** Set if a person must write the policy, because the compiler cannot know the requests. */
  readonly isWritten?: true;
  /** Subjects that a person must accept for it. Default: none. */
  readonly accept?: readonly string[];
  readonly outcome?: Refused | Different;
}

export interface Refused {
  /** Subjects of the refusals, each once. */
  readonly refused: readonly string[];
  readonly why: string;
}

export interface Different {
  /** Results that the isolated calls return instead, by their index. */
  readonly different: Readonly<Record<number, unknown>>;
  readonly why: string;
}

const row = (name: string, top: string, calls: readonly string[], rest: Partial<Row> = {}): Row => ({
  name,
  top,
  calls,
  ...rest,
});

export const ROWS: readonly Row[] = [
  // Collections and functions.
  row(
    'lodash',
    `import _ from 'lodash';`,
    [
      `_.chunk([1, 2, 3, 4, 5], 2)`,
      `_.groupBy([6.1, 4.2, 6.3], Math.floor)`,
      `_.merge({ a: [{ b: 2 }, { d: 4 }] }, { a: [{ c: 3 }, { e: 5 }] })`,
      `[_.camelCase('Foo Bar'), _.deburr('déjà vu'), _.escape('a < b'), _.words('fred, barney & pebbles')]`,
      `_(['x', 'y', 'x']).uniq().map((each) => each.toUpperCase()).value()`,
    ],
    { policy: { clock: true, random: true } },
  ),
  row('ramda', `import * as R from 'ramda';`, [
    `R.pipe(R.filter((n) => n % 2 === 1), R.map(R.multiply(3)), R.sum)([1, 2, 3, 4, 5])`,
    `R.assocPath(['a', 'b', 'c'], 42, { a: { b: { c: 0, d: 1 } } })`,
    `R.sortWith([R.descend(R.prop('age')), R.ascend(R.prop('name'))], [{ name: 'B', age: 3 }, { name: 'A', age: 3 }, { name: 'C', age: 9 }])`,
    `R.equals(new Map([['a', new Set([1])]]), new Map([['a', new Set([1])]]))`,
  ]),
  row(
    'immer',
    `import { enablePatches, produce, produceWithPatches } from 'immer';\nenablePatches();`,
    [
      `produce([{ id: 1, done: false }], (draft) => { draft[0].done = true; draft.push({ id: 2, done: false }); })`,
      `produceWithPatches({ a: { b: 1 } }, (draft) => { draft.a.b = 2; draft.c = [1]; })`,
    ],
    { throws: [`produce({ a: 1 }, (draft) => { draft.a = 2; return { a: 3 }; })`] },
  ),
  row('fast-deep-equal', `import equal from 'fast-deep-equal';`, [
    `equal({ a: [1, { b: NaN }], d: new Date(3) }, { a: [1, { b: NaN }], d: new Date(3) })`,
    `[equal([1], [2]), equal(/x/g, /x/i), equal(null, undefined)]`,
  ]),
  // Schemas.
  row(
    'zod',
    `import { z } from 'zod';\nconst User = z.object({ name: z.string().min(2), mail: z.email(), age: z.number().int().optional() });`,
    [
      `User.parse({ name: 'Ada', mail: 'ada@example.org', age: 36, extra: 1 })`,
      `User.safeParse({ name: 'A', mail: 'no', age: 1.5 }).error.issues`,
      `z.array(z.union([z.literal('a'), z.coerce.number()])).parse(['a', '3'])`,
      `z.toJSONSchema(User)`,
    ],
    { policy: { random: true }, throws: [`User.parse({ name: 'A' })`], accept: ['eval', 'File', 'atob', 'btoa'] },
  ),
  row(
    'ajv',
    `import { Ajv } from 'ajv';\nconst ajv = new Ajv({ allErrors: true });\nconst schema = { type: 'object', properties: { foo: { type: 'integer' }, bar: { type: 'string', pattern: '^a', maxLength: 3 } }, required: ['foo'], additionalProperties: false };`,
    [
      `ajv.validate(schema, { foo: 1, bar: 'abc' })`,
      `(() => { const validate = ajv.compile(schema); return [validate({ bar: 'xxxx', y: 1 }), validate.errors]; })()`,
    ],
    { policy: { console: true }, throws: [`ajv.compile({ type: 'wrong' })`], accept: ['eval'] },
  ),
  row(
    'validator',
    `import validator from 'validator';`,
    [
      `[validator.isEmail('foo@bar.com'), validator.isEmail('foo@'), validator.isURL('https://example.org/x?y=1')]`,
      `[validator.isIP('::1', 6), validator.isUUID('9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d'), validator.isCreditCard('4111 1111 1111 1111')]`,
      `[validator.escape('<a href="x">'), validator.normalizeEmail('Some.Name+tag@GMail.com'), validator.trim('  x ')]`,
    ],
    { policy: { clock: true }, throws: [`validator.isEmail(3)`] },
  ),
  // Time.
  row(
    'date-fns',
    `import { addMonths, differenceInCalendarDays, format, formatDistance, parseISO } from 'date-fns';`,
    [
      `format(new Date(2024, 1, 29, 12), 'yyyy-MM-dd EEEE, do MMMM')`,
      `addMonths(new Date(Date.UTC(2024, 0, 31, 12)), 1)`,
      `differenceInCalendarDays(parseISO('2024-03-10T12:00:00Z'), parseISO('2024-02-28T12:00:00Z'))`,
      `formatDistance(new Date(0), new Date(9e8), { addSuffix: true })`,
    ],
    { policy: { console: true, random: true }, throws: [`format(new Date(NaN), 'yyyy')`] },
  ),
  row(
    'dayjs',
    `import dayjs from 'dayjs';\nimport duration from 'dayjs/plugin/duration.js';\nimport utc from 'dayjs/plugin/utc.js';\nimport weekOfYear from 'dayjs/plugin/weekOfYear.js';\ndayjs.extend(utc);\ndayjs.extend(weekOfYear);\ndayjs.extend(duration);`,
    [
      `dayjs.utc('2024-02-29T10:20:30Z').add(1, 'year').format('YYYY-MM-DD HH:mm:ss')`,
      `dayjs.utc('2024-12-30').week()`,
      `dayjs.duration({ hours: 26, minutes: 5 }).toISOString()`,
      `[dayjs.utc('nonsense').isValid(), dayjs.utc('2024-01-31').endOf('month').valueOf()]`,
    ],
    { policy: { clock: true } },
  ),
  row(
    'luxon',
    `import { DateTime, Duration, Interval } from 'luxon';`,
    [
      `DateTime.fromISO('2024-02-29T10:20:30Z', { zone: 'utc' }).plus({ months: 1 }).toISO()`,
      `Duration.fromObject({ hours: 25, minutes: 90 }).normalize().toObject()`,
      `Interval.fromISO('2024-01-01T00:00:00Z/2024-01-03T12:00:00Z').length('hours')`,
      `DateTime.fromISO('2024-13-01', { zone: 'utc' }).invalidReason`,
    ],
    {
      outcome: {
        refused: ['Intl'],
        why: 'It asks Intl for the locale and the zone even where UTC is given, and no context has Intl.',
      },
    },
  ),
  row('ms', `import ms from 'ms';`, [`ms('2.5 hours')`, `[ms(60000), ms(2 * 60000, { long: true })]`], {
    throws: [`ms('')`],
  }),
  // Formats.
  row(
    'qs',
    `import qs from 'qs';`,
    [
      `qs.parse('a[b][c]=1&a[d][]=2&a[d][]=3&e=%20x')`,
      `qs.stringify({ a: { b: ['x y', 'ü'] }, c: null, d: new Date(0) }, { arrayFormat: 'brackets' })`,
      `qs.parse('a=1;b=2', { delimiter: ';', ignoreQueryPrefix: true })`,
    ],
    { policy: { clock: true, random: true }, throws: [`qs.parse('a=1', { charset: 'latin7' })`], accept: ['eval'] },
  ),
  row('fast-xml-parser', `import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';`, [
    `new XMLParser({ ignoreAttributes: false }).parse('<a x="1"><b>2</b><b>c &amp; d</b><e/></a>')`,
    `new XMLBuilder({ format: true }).build({ a: { b: [1, 2], c: 'x < y' } })`,
    `XMLValidator.validate('<a><b></a>')`,
  ]),
  row(
    'papaparse',
    `import Papa from 'papaparse';`,
    [
      `Papa.parse('a,b\\n1,"x, y"\\n2,z', { header: true, dynamicTyping: true }).data`,
      `Papa.unparse([{ a: 1, b: 'x "y"' }, { a: 2, b: 'p,q' }])`,
      `Papa.parse('a;b\\n"1;2').errors`,
    ],
    { policy: { console: true }, accept: ['XMLHttpRequest', 'FileReaderSync', 'setTimeout', 'File', 'Blob'] },
  ),
  row(
    'yaml',
    `import YAML from 'yaml';`,
    [
      `YAML.parse('a: [1, 0x10, ~]\\nb: &x {c: "d\\\\n"}\\ne: *x\\nf: |\\n  text\\n')`,
      `YAML.stringify({ list: ['a: b', true, null, 1.5], map: new Map([['k', 'two\\nlines']]) })`,
      `(() => { const doc = YAML.parseDocument('# top\\na: 1 # one\\n'); doc.set('b', [2]); return String(doc); })()`,
    ],
    { policy: { console: true }, throws: [`YAML.parse('a: [1, 2')`] },
  ),
  row(
    'js-yaml',
    `import { dump, load } from 'js-yaml';`,
    [
      `load('a: [1, 2]\\nb: {c: true, d: ~}\\nwhen: 2024-02-29\\n')`,
      `dump({ list: ['x', { y: 'multi\\nline' }], n: 1e21, t: 'true' })`,
    ],
    { throws: [`load('a: b: c')`], accept: ['atob', 'btoa'] },
  ),
  row(
    'ini',
    `import ini from 'ini';`,
    [
      `ini.parse('a = 1\\n[x.y]\\nb[] = p\\nb[] = q\\n; note\\nc = true')`,
      `ini.stringify({ top: 'v', section: { k: 'a;b', list: ['1', '2'] } })`,
    ],
    {
      outcome: {
        different: { 0: { value: { a: '1', x: { y: { b: ['p', 'q'], c: true } } } } },
        why: 'It makes objects without a prototype, and what crosses is an ordinary object, as by structuredClone.',
      },
    },
  ),
  row(
    'dotenv',
    `import dotenv from 'dotenv';`,
    [
      `dotenv.parse('# note\\nA=1\\nB="two\\\\nlines"\\nexport C=\\'x # y\\' # end\\n')`,
      `dotenv.parse('BASIC=basic\\n\\nEMPTY=\\nSPACED=  a b  ')`,
    ],
    { policy: { console: true }, accept: ['process', 'node:path', 'node:os', 'node:url'] },
  ),
  row(
    'marked',
    `import { marked } from 'marked';`,
    [
      `marked.parse('# Title\\n\\n* a\\n* **b** \`c\`\\n\\n| x | y |\\n|---|---|\\n| 1 | [l](http://e.org) |\\n')`,
      `marked.parseInline('a *b* <i>c</i> & d')`,
      `marked.lexer('> quote')[0].tokens[0].text`,
    ],
    { policy: { console: true }, throws: [`marked.parse(undefined)`] },
  ),
  row('htmlparser2', `import { parseDocument, Parser, DomUtils } from 'htmlparser2';`, [
    `(() => { const seen = []; const parser = new Parser({ onopentag: (name, attributes) => seen.push([name, { ...attributes }]), ontext: (text) => seen.push(text) }); parser.write('<p class=a>x &amp; <b>y'); parser.end(); return seen; })()`,
    `DomUtils.textContent(parseDocument('<ul><li>1<li>2</ul>'))`,
    `DomUtils.getOuterHTML(parseDocument('<a href="x&amp;y">t</a><br>'))`,
  ]),
  row(
    'css-what',
    `import { parse, stringify } from 'css-what';`,
    [`parse('a.b > c[d="e" i]:not(.f, #g)::before')`, `stringify(parse('ul  li:nth-child(2n + 1) , [x~=y]'))`],
    { throws: [`parse('a[')`] },
  ),
  row('postcss-value-parser', `import parse from 'postcss-value-parser';`, [
    `parse('1px solid rgba(0, 0, 0, calc(1 - .5))').nodes.map(({ type, value }) => [type, value])`,
    `(() => { const parsed = parse('url(x.png) 2EM'); parsed.walk((node) => { if (node.type === 'word') node.value = node.value.toLowerCase(); }); return parsed.toString(); })()`,
    `parse.unit('1.5rem')`,
  ]),
  row(
    'acorn',
    `import { parse, tokenizer } from 'acorn';`,
    [
      `JSON.parse(JSON.stringify(parse('export const f = async (a = 1) => a?.b ** 2n;', { ecmaVersion: 2022, sourceType: 'module' }), (_, value) => (typeof value === 'bigint' ? String(value) : value)))`,
      `[...tokenizer('let x = /r/g', { ecmaVersion: 2020 })].map(({ type, start }) => [type.label, start])`,
    ],
    { policy: { console: true }, throws: [`parse('let 1x', { ecmaVersion: 2020 })`] },
  ),
  row(
    'jmespath',
    `import jmespath from 'jmespath';`,
    [
      `jmespath.search({ people: [{ name: 'b', age: 30 }, { name: 'a', age: 50 }, { name: 'c', age: 20 }] }, 'sort_by(people[?age > \`25\`], &name)[*].{n: name, a: age}')`,
      `jmespath.search({ foo: { bar: ['x', 'y'] } }, 'foo.bar[-1] || length(foo)')`,
    ],
    { policy: { random: true }, throws: [`jmespath.search({}, 'foo[')`] },
  ),
  // Text.
  row(
    'diff',
    `import { createTwoFilesPatch, applyPatch, diffChars, diffLines } from 'diff';`,
    [
      `diffChars('beep boop', 'beep boob blah').map(({ value, added, removed }) => [value, added, removed])`,
      `createTwoFilesPatch('a', 'b', 'one\\ntwo\\nthree\\n', 'one\\n2\\nthree\\nfour\\n')`,
      `applyPatch('one\\ntwo\\n', '--- a\\n+++ b\\n@@ -1,2 +1,2 @@\\n one\\n-two\\n+2\\n')`,
      `diffLines('a\\nb\\n', 'a\\nc\\n').length`,
    ],
    { policy: { clock: true }, accept: ['setTimeout'] },
  ),
  row(
    'he',
    `import he from 'he';`,
    [
      `he.encode('foo © bar ≠ baz 𝌆 qux', { useNamedReferences: true })`,
      `he.decode('foo &copy; bar &ne; baz &#x1D306; &amp')`,
    ],
    { throws: [`he.decode('&#x00;', { strict: true })`] },
  ),
  row('entities', `import { decodeHTML, encodeHTML, escapeText } from 'entities';`, [
    `decodeHTML('&lt;p&gt; &Uuml;&nbsp;&#8364; &notit;')`,
    `[encodeHTML('ü € 𝄞'), escapeText('a & b')]`,
  ]),
  row(
    'escape-string-regexp',
    `import escape from 'escape-string-regexp';`,
    [`escape('How much $ for a 🦄? (x|y)-[z]')`, `new RegExp(escape('a.b*')).test('a.b*')`],
    { throws: [`escape(3)`] },
  ),
  row(
    'camelcase',
    `import camelCase from 'camelcase';`,
    [
      `[camelCase('foo-bar_baz qux'), camelCase('Foo-Bar', { pascalCase: true }), camelCase(['a', 'b c'])]`,
      `camelCase('lorem-ipsum', { locale: 'en-US' })`,
    ],
    { throws: [`camelCase(5)`] },
  ),
  row('change-case', `import { constantCase, headerCase, noCase, paramCase, sentenceCase } from 'change-case';`, [
    `[constantCase('fooBar baz'), headerCase('x-y z'), paramCase('TestString'), sentenceCase('a_b')]`,
    `noCase('XMLHttpRequest2', { delimiter: '/' })`,
  ]),
  row(
    'slugify',
    `import slugify from 'slugify';\nslugify.extend({ '☢': 'radioactive' });`,
    [`slugify('Déjà Vu & more: 100% ☢', { lower: true, strict: true })`, `slugify('some string', '_')`],
    { throws: [`slugify(1)`] },
  ),
  row(
    'pretty-bytes',
    `import prettyBytes from 'pretty-bytes';`,
    [
      `[prettyBytes(1337), prettyBytes(100, { bits: true }), prettyBytes(-42, { signed: true }), prettyBytes(2 ** 40, { binary: true })]`,
      `prettyBytes(1e10, { maximumFractionDigits: 1 })`,
    ],
    { throws: [`prettyBytes('x')`] },
  ),
  row('bytes', `import bytes from 'bytes';`, [
    `[bytes('1.5 GB'), bytes(1024 * 1024 * 3), bytes('nothing')]`,
    `bytes.format(1234567, { thousandsSeparator: ' ', unit: 'B', unitSeparator: ' ' })`,
  ]),
  row(
    'fuse.js',
    `import Fuse from 'fuse.js';`,
    [
      `new Fuse([{ title: "Old Man's War" }, { title: 'The Lock Artist' }], { keys: ['title'], includeScore: true, includeMatches: true }).search('lock artst')`,
      `new Fuse(['apple', 'orange', 'banana'], { threshold: 0.4 }).search('oragne').map(({ item }) => item)`,
    ],
    { policy: { console: true } },
  ),
  row(
    'lunr',
    `import lunr from 'lunr';`,
    [
      `lunr(function () { this.ref('id'); this.field('text'); this.add({ id: 'a', text: 'green plants grow' }); this.add({ id: 'b', text: 'the plant is red' }); }).search('plant +green').map(({ ref, score }) => [ref, score])`,
      `lunr.tokenizer('Two-part words').map(String)`,
    ],
    { policy: { console: true }, throws: [`lunr(function () { this.field('text'); }).search('title:x')`] },
  ),
  row(
    'picomatch',
    `import picomatch from 'picomatch';`,
    [`['a.js', 'b/c.js', 'd.md'].filter(picomatch(['*.js', '!x.js']))`, `picomatch.makeRe('src/**/*.{ts,tsx}').source`],
    { throws: [`picomatch('')`] },
  ),
  row(
    'micromatch',
    `import micromatch from 'micromatch';`,
    [
      `micromatch(['foo.js', 'bar.js', 'baz.md', 'qux'], ['*.{js,md}', '!bar*'])`,
      `[micromatch.isMatch('a/b/c.txt', 'a/**/*.txt'), micromatch.braces('{01..03}', { expand: true })]`,
    ],
    { policy: { console: true }, accept: ['node:util', 'node:path', 'process'] },
  ),
  row(
    'minimatch',
    `import { minimatch } from 'minimatch';`,
    [
      `[minimatch('bar.foo', '*.foo'), minimatch('a/b/c', 'a/**'), minimatch('.hidden', '*'), minimatch('x', '!(x|y)')]`,
      `minimatch.match(['a.js', 'b.ts', 'c.js'], '*.@(js|ts)')`,
    ],
    { policy: { console: true, random: true }, throws: [`minimatch('a', 5)`] },
  ),
  row(
    'semver',
    `import semver from 'semver';`,
    [
      `[semver.satisfies('1.2.3', '^1.0.0'), semver.inc('1.2.3-beta.1', 'prerelease'), semver.valid('v1.x')]`,
      `semver.sort(['1.10.0', '1.2.0', '1.2.0-rc.1'])`,
      `semver.maxSatisfying(['1.2.3', '1.9.0', '2.0.0'], '1.x || >=2.5.0')`,
    ],
    { policy: { console: true }, throws: [`new semver.SemVer('nonsense')`] },
  ),
  // Templates.
  row(
    'handlebars',
    `import Handlebars from 'handlebars';\nHandlebars.registerHelper('shout', (text) => text.toUpperCase());`,
    [
      `Handlebars.compile('{{#each items}}{{@index}}: {{shout name}} {{/each}}{{missing}}')({ items: [{ name: 'a' }, { name: '<b>' }] })`,
      `Handlebars.escapeExpression('<a & b>')`,
    ],
    { policy: { console: true, random: true }, throws: [`Handlebars.compile('{{#if}}')({})`], accept: ['eval'] },
  ),
  row(
    'mustache',
    `import Mustache from 'mustache';`,
    [
      `Mustache.render('{{#people}}<{{name}}>{{/people}}{{^none}}nobody{{/none}} {{{raw}}}', { people: [{ name: 'a&b' }], raw: '<i>' })`,
      `Mustache.parse('a {{b}} c')`,
    ],
    { throws: [`Mustache.render('{{#open}}', {})`] },
  ),
  row(
    'ejs',
    `import ejs from 'ejs';`,
    [
      `ejs.render('<% for (const each of rows) { %><li><%= each %></li><% } %>', { rows: ['a', '<b>'] })`,
      `ejs.compile('Hello <%- name %>!')({ name: 'World' })`,
      `ejs.escapeXML('a < b')`,
    ],
    { policy: { console: true }, accept: ['eval', 'require', 'setTimeout', 'clearTimeout'] },
  ),
  // Numbers and colours.
  row(
    'decimal.js',
    `import { Decimal } from 'decimal.js';\nDecimal.set({ precision: 30 });`,
    [
      `new Decimal('0.1').plus('0.2').toString()`,
      `[Decimal.sqrt(2).toString(), new Decimal(2).pow('0.5').toFixed(12), new Decimal('1e-7').toExponential()]`,
      `Decimal.sin(1).toString()`,
    ],
    { policy: { random: true }, throws: [`new Decimal('nonsense')`] },
  ),
  row(
    'bignumber.js',
    `import { BigNumber } from 'bignumber.js';`,
    [
      `new BigNumber('123456789012345678901234567890').times('1.1').toFixed(2)`,
      `[new BigNumber(1).div(3).toString(), new BigNumber('ff', 16).toNumber(), new BigNumber('1234567.891').toFormat(2)]`,
    ],
    { policy: { random: true }, throws: [`new BigNumber('nonsense').isNaN()`] },
  ),
  row(
    'simple-statistics',
    `import * as stats from 'simple-statistics';`,
    [
      `[stats.mean([1, 2, 4]), stats.median([3, 1, 2]), stats.standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])]`,
      `stats.linearRegression([[0, 1], [1, 3], [2, 5]])`,
      `stats.ckmeans([-1, 2, -1, 2, 4, 5, 6], 3)`,
    ],
    { throws: [`stats.min([])`] },
  ),
  row(
    'd3-array',
    `import { bin, extent, group, quantile, rollups, ticks } from 'd3-array';`,
    [
      `[extent([3, 1, 2]), quantile([1, 2, 3, 4], 0.3), ticks(0, 1, 5)]`,
      `rollups([{ k: 'a', v: 1 }, { k: 'b', v: 2 }, { k: 'a', v: 3 }], (rows) => rows.length, ({ k }) => k)`,
      `bin().thresholds(3)([1, 2, 5, 9]).map(({ x0, x1, length }) => [x0, x1, length])`,
      `[...group([1, 2, 3, 4], (n) => n % 2)]`,
    ],
    { policy: { random: true } },
  ),
  row(
    'd3-format',
    `import { format, formatLocale, formatPrefix } from 'd3-format';`,
    [
      `[format('.2s')(42e6), format('$,.2f')(1234.5), format('+.1%')(0.123), format('08x')(48879)]`,
      `formatLocale({ decimal: ',', thousands: '.', grouping: [3], currency: ['', ' €'] }).format('$,.2f')(1234567.891)`,
      `formatPrefix(',.0', 1e-6)(0.00042)`,
    ],
    { throws: [`format('nonsense')`] },
  ),
  row(
    'chroma-js',
    `import chroma from 'chroma-js';`,
    [
      `[chroma('hotpink').hex(), chroma('#336699').hsl(), chroma.mix('red', 'blue', 0.25, 'lab').css()]`,
      `chroma.scale(['yellow', '008ae5']).mode('lch').colors(4)`,
    ],
    { policy: { random: true }, throws: [`chroma('nonsense')`] },
  ),
  row(
    'tinycolor2',
    `import tinycolor from 'tinycolor2';`,
    [
      `[tinycolor('hsl(120, 50%, 50%)').toHexString(), tinycolor('red').darken(10).toRgbString(), tinycolor('#fff').isLight()]`,
      `tinycolor('steelblue').triad().map((each) => each.toHex())`,
      `[tinycolor('nonsense').isValid(), tinycolor.readability('#000', '#777')]`,
    ],
    { policy: { random: true } },
  ),
  row(
    'color',
    `import Color from 'color';`,
    [
      `[Color('#7743CE').alpha(0.5).lighten(0.5).hsl().string(), Color('rgb(1, 2, 3)').hex()]`,
      `Color({ r: 10, g: 200, b: 30 }).mix(Color('yellow'), 0.3).rgb().round().object()`,
    ],
    { throws: [`Color('nonsense')`] },
  ),
  // Bytes.
  row(
    'fflate',
    `import { gunzipSync, gzipSync, strFromU8, strToU8, zipSync, unzipSync } from 'fflate';`,
    [
      `strFromU8(gunzipSync(gzipSync(strToU8('hello '.repeat(50)), { mtime: 0 })))`,
      `gzipSync(strToU8('abcabcabc'), { level: 9, mtime: 0 })`,
      `Object.keys(unzipSync(zipSync({ 'a.txt': strToU8('a'), 'd/b.txt': strToU8('b') }, { mtime: '2024-01-01T12:00:00Z' })))`,
    ],
    { policy: { clock: true }, throws: [`gunzipSync(new Uint8Array([1, 2, 3]))`] },
  ),
  row(
    'pako',
    `import * as pako from 'pako';`,
    [
      `pako.inflate(pako.deflate('hello '.repeat(50)), { to: 'string' })`,
      `pako.deflate(new Uint8Array([1, 2, 3, 1, 2, 3]), { level: 9 })`,
    ],
    { throws: [`pako.inflate(new Uint8Array([1, 2, 3]))`] },
  ),
  row(
    'base64-js',
    `import { byteLength, fromByteArray, toByteArray } from 'base64-js';`,
    [`[fromByteArray(new Uint8Array([1, 2, 255])), byteLength('AQL/')]`, `toByteArray('SGVsbG8_')`],
    { throws: [`toByteArray('abc')`] },
  ),
  row('hash.js', `import hash from 'hash.js';`, [
    `[hash.sha256().update('abc').digest('hex'), hash.sha1().update('abc').digest('hex')]`,
    `hash.hmac(hash.sha512, 'key').update('text').digest('hex')`,
    `hash.ripemd160().update([1, 2, 3]).digest()`,
  ]),
  row('crc-32', `import CRC32 from 'crc-32';`, [
    `[CRC32.str('SheetJS'), CRC32.bstr('foobar'), CRC32.buf(new Uint8Array([1, 2, 3]))]`,
    `CRC32.str('☃ snow')`,
  ]),
  row(
    'uuid',
    `import { NIL, parse, stringify, v4, v5, validate, version } from 'uuid';`,
    [
      `v5('hello.example.com', v5.DNS)`,
      `[version(v4()), validate(NIL), stringify(parse('6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b'))]`,
    ],
    { policy: { random: true }, throws: [`parse('nonsense')`] },
  ),
  row(
    'nanoid',
    `import { customAlphabet, nanoid } from 'nanoid';`,
    [`[nanoid().length, /^[\\w-]{10}$/.test(nanoid(10))]`, `/^[abc]{8}$/.test(customAlphabet('abc', 8)())`],
    { policy: { random: true } },
  ),
  // The network and logs.
  row(
    'axios',
    `import axios from 'axios';`,
    [
      `axios.getUri({ url: '/x', baseURL: 'https://example.org', params: { a: 1, b: ['c', 'd'] } })`,
      `axios.mergeConfig({ headers: { a: '1' }, timeout: 1 }, { timeout: 5, params: { q: 1 } }).timeout`,
      `axios.get('/x', { adapter: async (config) => ({ data: [config.url, config.headers.get('Accept')], status: 200, headers: {}, config }) }).then(({ data }) => data)`,
      `new axios.AxiosError('no', 'ERR_X').toJSON().message`,
    ],
    {
      policy: {
        clock: true,
        console: true,
        random: true,
        fetch: [{ origin: 'https://example.org', methods: ['GET'] }],
      },
      isWritten: true,
      accept: [
        'setImmediate',
        'setTimeout',
        'FormData',
        'clearTimeout',
        'URL',
        'document',
        'AbortController',
        'ReadableStream',
      ],
    },
  ),
  row(
    'ky',
    `import ky from 'ky';`,
    [
      `ky.get('https://example.org/x', { fetch: async (request) => new Response(JSON.stringify({ url: request.url })) }).json()`,
      `typeof ky.extend({ prefixUrl: 'https://example.org' }).post`,
    ],
    {
      outcome: {
        refused: [
          'FormData',
          'Blob',
          'URLSearchParams',
          'TransformStream',
          'Response',
          'Request',
          'setTimeout',
          'clearTimeout',
          'URL',
          'AbortSignal',
          'fetch',
        ],
        why: 'Each request is a Request and gives a Response, and contexts have fetch without these classes.',
      },
    },
  ),
  row(
    'winston',
    `import winston from 'winston';`,
    [
      `winston.format.json().transform({ level: 'info', message: 'x' }, {})[Symbol.for('message')]`,
      `Object.keys(winston.config.npm.levels)`,
    ],
    {
      outcome: {
        refused: [
          'process',
          'node:os',
          'node:util',
          'console.trace',
          'global',
          'setImmediate',
          'setTimeout',
          'clearTimeout',
          'localStorage',
          'window',
          'node:fs',
          'Buffer',
          'node:path',
          'node:zlib',
          'node:http',
          'node:https',
        ],
        why: 'It is made of streams, files and the process: loading it asks for all of them.',
      },
    },
  ),
];
