/** Runs each program natively and in a virtine. Status, signal, output and files must agree. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeKvm } from '../lib/kvm.js';
import { type Outcome, type Run, Workshop, which } from '../lib/linux.js';

const WORDS = 'pear 3\napple 10\nfig 2\napple 4\n\nÄpfel 7\n';
const LINES = { files: { words: WORDS } };
const BYTES = Buffer.from(Array.from({ length: 2 ** 20 }, (_, at) => (at * at * 31 + (at >> 7)) & 255));
const ARGUMENTS = { args: ['2', 'two words', ''], env: { PROBE: 'a=b' }, stdin: 'one\ntwo' };

const sh = (script: string, run: Run = {}): Run => ({ ...run, args: ['-c', script, 'sh', ...(run.args ?? [])] });
const SCRIPTS = [
  sh('echo "$#: $*"; set -- a b c; shift; echo $1; printf "%05d %s %b\\n" 42 x "a\\tb"', { args: ['1', '2 3'] }),
  sh('i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done; echo $i; case abc in a*) echo yes;; esac; exit 3'),
  sh('while read -r name count; do echo "$count-$name"; done < words; echo made > one; echo more >> one', LINES),
  sh('trap "echo left" EXIT; cd /nowhere; echo $?; unset x; echo $((7 % 4)); kill -TERM $$'),
  sh('echo oops >&2; set -u; echo $missing; echo unreached'),
  sh(
    'for file in *; do test -f $file && echo "$file"; done; umask 022; umask; type echo; exec 3<words; read l <&3; echo $l',
    LINES,
  ),
];

/** Programs of the machine, by name, with their runs. */
const TOOLS: readonly (readonly [name: string, ...runs: Run[]])[] = [
  ['dash', ...SCRIPTS],
  [
    'bash',
    ...SCRIPTS,
    sh(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's syntax
      'declare -A m=([a]=1); a=(x y z); echo ${a[@]:1} ${#a[@]} ${m[a]} ${a^^}; [[ abc =~ b(.) ]] && echo ${BASH_REMATCH[1]}',
    ),
  ],
  [
    'jq',
    { args: ['-n', '1+1'] },
    { args: ['-c', 'map(.a * 2) | add, (.[0] | tojson)'], stdin: '[{"a":1.5},{"a":2}]' },
    { args: ['.'], stdin: '{"a": [1,' },
  ],
  [
    'sqlite3',
    {
      args: [':memory:'],
      stdin:
        "create table t(a, b); with recursive n(i) as (select 1 union all select i+1 from n where i<1000) insert into t select i, i%7 from n; select b, count(*), sum(a) from t group by b; select sqrt(2), upper('x'); select nothing;",
    },
    { args: ['made.db', 'create table t(a); insert into t values (1), (2); select sum(a) from t;'] },
  ],
  ['gzip', { args: ['-nc'], stdin: BYTES }, { args: ['-dc'], stdin: gzipped() }, { args: ['-dc'], stdin: 'not gzip' }],
  [
    'perl',
    { args: ['-ne', 'print "$2-$1\\n" if /^(\\w+) (\\d+)$/', 'words'], ...LINES },
    {
      args: [
        '-e',
        'print join(",", sort { $a <=> $b } map { $_ * 7 % 13 } 1..20), "\\n"; printf "%08.3f %x %e|%-5s|\\n", 3.14159, 255, 1e10, "a"',
      ],
    },
    {
      args: [
        '-MPOSIX',
        '-e',
        'print floor(-1.5), " ", strftime("%Y-%m-%d", gmtime(0)), " ", unpack("H*", pack("NnCa3", 1, 2, 3, "xyz")), "\\n"; open F, ">made"; print F "x" x 9999; close F; die "end\\n"',
      ],
    },
  ],
  [
    'sed',
    { args: ['-E', 's/([a-z]+) ([0-9]+)/\\2 \\1/;/^$/d', 'words'], ...LINES },
    { args: ['-n', '$=;2,3p'], stdin: WORDS },
    { args: ['-i', 's/a/b/g', 'words'], ...LINES },
  ],
  [
    'awk',
    {
      args: [
        '{ n[$1] += $2 } END { for (k in n) print k, n[k] | "cat >&2"; printf "%.3f %d\\n", exp(1), length("abc") }',
      ],
    },
    {
      args: ['{ s += $2; print NR, NF, toupper($1) > "made" } END { print s, sin(1), substr("hello", 2, 3) }'],
      stdin: WORDS,
    },
  ],
  [
    'sort',
    { args: ['-k2n', 'words'], ...LINES },
    { args: ['-ru'], stdin: WORDS },
    { args: ['nowhere'] },
    { args: ['-R', '--random-source=words', '-o', 'made', 'words'], ...LINES },
  ],
  [
    'grep',
    { args: ['-nE', 'a(p+)le|fig', 'words'], ...LINES },
    { args: ['-c', 'none'], stdin: WORDS },
    { args: ['-P', '\\p{Lu}'], stdin: WORDS },
  ],
  ['tr', { args: ['a-z', 'A-Z'], stdin: WORDS }, { args: ['-d', '\\n'], stdin: WORDS }],
  ['wc', { args: ['words'], ...LINES }, { args: ['-m'], stdin: WORDS }],
  ['sha256sum', { stdin: BYTES }, { args: ['words', 'nowhere'], ...LINES }],
  ['base64', { stdin: BYTES }, { args: ['-d'], stdin: 'aGVsbG8K' }],
  ['od', { args: ['-A', 'x', '-t', 'x1z', '-v'], stdin: BYTES.subarray(0, 5000) }],
  ['printf', { args: ['%d %s %q\\n', '1', 'a', 'b c'] }],
  ['expr', { args: ['7', '*', '6'] }, { args: ['abc', ':', 'a\\(.\\)'] }, { args: ['1', '/', '0'] }],
  ['seq', { args: ['1', '3', '40'] }, { args: ['-w', '0.5', '2'] }],
  ['head', { args: ['-n2'], stdin: WORDS }, { args: ['-c', '-5', 'words'], ...LINES }],
  ['tac', { args: ['words'], ...LINES }, { stdin: WORDS }],
  ['find', { args: ['.', '-name', 'w*', '-size', '-2', '-printf', '%P %s\\n'], ...LINES }, { args: ['nowhere'] }],
  ['ls', { ...LINES }, { args: ['-1a', 'nowhere'] }],
  ['bc', { args: ['-l'], stdin: 'scale=30; 4*a(1); 2^200\n' }],
  ['cp', { args: ['words', 'made'], ...LINES }],
  ['mv', { args: ['words', 'made'], ...LINES }],
  ['true', {}],
  ['false', {}],
];

function gzipped(): Uint8Array {
  return spawnSync('gzip', ['-nc'], { input: BYTES, maxBuffer: 2 ** 24 }).stdout;
}

/** Programs that are compiled here: the compiler, the source, the flags, the runs. */
const LINKED = [['-static'], ['-static-pie'], ['-no-pie'], ['-pie'], ['-O2', '-static', '-no-pie']];
const SOURCES: readonly (readonly [compiler: string, source: string, flags: readonly string[], run: Run])[] = [
  ...LINKED.map((flags) => ['gcc', 'plain.c', [...flags, '-lm'], ARGUMENTS] as const),
  ['musl-gcc', 'plain.c', ['-static'], ARGUMENTS],
  ['gcc', 'threads.c', ['-pthread'], {}],
  ['gcc', 'threads.c', ['-pthread', '-static'], {}],
  ['musl-gcc', 'threads.c', ['-static'], {}],
  ['gcc', 'waits.c', ['-pthread'], {}],
  ['gcc', 'waits.c', ['-pthread', '-static'], {}],
  ['gcc', 'spins.c', ['-pthread'], {}],
  ['musl-gcc', 'spins.c', ['-static'], {}],
  ['gcc', 'signals.c', [], {}],
  ['gcc', 'signals.c', ['-static'], {}],
  ['musl-gcc', 'signals.c', ['-static'], {}],
  ['g++', 'exceptions.cc', ['-std=c++17'], { stdin: 'b a b c b' }],
  ['g++', 'exceptions.cc', ['-std=c++17', '-static'], { stdin: 'b a b c b' }],
  ['rustc', 'sum.rs', ['--edition=2021'], { stdin: 'b a b' }],
];

/** A compiler's words for a library or a target that is not installed. */
const MISSING_PART = /cannot find|can't find|not installed|No such file/;

/** Programs write the numbers of processes and threads into some messages. */
const steady = (outcome: Outcome): Outcome => ({
  ...outcome,
  stderr: outcome.stderr.replaceAll(/thread 'main' \(\d+\)/g, "thread 'main'"),
});

describeKvm('Linux programs', () => {
  const workshop = new Workshop();
  afterAll(() => workshop.remove());

  async function compare(executable: string, runs: readonly Run[], files = {}): Promise<void> {
    await using context = await workshop.context({ executable, files });
    for (const run of runs) {
      const expected = steady(workshop.natively(executable, run));
      expect(steady(await workshop.inVirtine(context, run)), JSON.stringify(run).slice(0, 300)).toEqual(expected);
    }
  }

  for (const [name, ...runs] of TOOLS) {
    // Shells have some of these themselves.
    const executable = which(`/usr/bin/${name}`) ?? which(name);
    it(name, async (test) => {
      if (executable === undefined) return test.skip(`${name} is not installed`);
      await compare(executable, runs);
    });
  }

  const date = which('date');
  it('date, by the fixed clock of the policy', async (test) => {
    if (date === undefined) return test.skip('date is not installed');
    await using context = await workshop.context({ executable: date }, { clock: { fixed: 0 } });
    const now = await workshop.inVirtine(context, { args: ['-u'] });
    expect(now).toEqual(workshop.natively(date, { args: ['-u', '-d', '@0'] }));
    await compare(date, [{ args: ['-u', '-d', '2026-02-30'] }, { args: ['-d', '@86399', '+%F %T %Z %s'] }]);
  });

  // A shim of a version manager would start other programs.
  const python = ['/usr/bin/python3', ownPath('python3')].find((path) => path !== undefined && which(path) === path);
  it('python3', async (test) => {
    if (python === undefined) return test.skip('python3 is not installed');
    const script =
      'import json, re, sys, math; print(json.dumps({"a": [1, 2.5]}), re.sub("a+", "b", "caat"), math.pi); sys.exit(4)';
    const folder = join(dirname(python), '..');
    const files = folder === '/usr' ? {} : { [folder]: folder };
    await compare(python, [{ args: ['-I', '-S', '-c', script] }, { args: ['-I', '-S', '-c', '1/0'] }], files);
  });

  for (const [compiler, source, flags, run] of SOURCES) {
    it([compiler, ...flags, source].join(' '), async (test) => {
      if (which(compiler) === undefined) return test.skip(`${compiler} is not installed`);
      let executable: string;
      try {
        executable = workshop.compile(compiler, source, flags);
      } catch (error) {
        if (!MISSING_PART.test(String(error))) throw error;
        return test.skip(`${compiler} cannot link this: ${error}`);
      }
      await compare(executable, [run]);
    });
  }
});

/** Returns the path of an interpreter itself, by its own word. */
function ownPath(name: string): string | undefined {
  const { status, stdout } = spawnSync(name, ['-c', 'import sys, os; print(os.path.realpath(sys.executable))']);
  return status === 0 ? String(stdout).trim() : undefined;
}
