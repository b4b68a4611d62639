/**
 * The command line. Only commander is loaded here. Each command imports what it needs when it runs, so that `--help`
 * answers at once.
 */
import { Command, CommanderError, Option } from 'commander';
import { EXIT } from './exit.js';
import { guardOutput, outputStatus } from './output.js';
import { version } from './version.js';

const MAIN_HELP = `
Exit status:
  0  done
  1  the guest failed: it threw, faulted or trapped
  2  the command line, a file or the policy is wrong
  3  a limit or the policy stopped it
  4  the backend is not installed or cannot work here ('colony doctor' shows why)
  70 a bug in Colony

Examples:
  $ colony run fib.js --call fib --args '[20]'
  $ colony run greet.c --call greet --args '["some text"]' --timeout '50 ms'
  $ colony exec --files . -- jq .name package.json
  $ colony doctor
`;

const FROZEN = 'never write the lock: a wider grant is an error; default if CI is set';
const ACCEPT = 'write wider grants to the lock, after you have reviewed them';
const NEIGHBOURS = 'of C: all other C files in its folder are part of the program';
const CFLAGS = "of C: for the compilers, as '-Iinclude -DSIZE=4'";

/** Takes the exit status of the command that was called: `colony exec` passes on that of the program. */
type Run = (status: number | Promise<number>) => Promise<void>;

const RUN_HELP = `
FILE is one of
  .js .mjs .ts   an ES module (types are stripped, not checked); its exports can be called
  .c             compiled by gcc to an image of its own; its exported functions can be called
  .wasm          a WebAssembly module or component
  .elf           a virtine image
  a snapshot     as Snapshot.save wrote it
  -              any of these from standard input; text is JavaScript, unless --lang says otherwise

Nothing is granted unless --policy does: no console, clock, random numbers, files or network.
--args takes a JSON array, or @FILE that holds one (@- for standard input). What JSON lacks is written as
{"$type": "bigint", "value": "1"}, {"$type": "Uint8Array", "base64": "AAE="}, and so on.

Examples:
  $ colony run fib.js --call fib --args '[20]'
  $ colony run report.ts --call render --args @rows.json --memory '64 MiB' --timeout '2 s'
  $ colony run greet.c --call greet --args '["some text"]' --json
  $ echo 'export default () => 6 * 7' | colony run -
  $ colony run app.js --call main --policy policy.json

A policy file:
  { "console": true, "clock": true, "limits": { "memory": "32 MiB", "wallTime": "100 ms" } }
`;

function declareRun(program: Command, run: Run): void {
  program
    .command('run')
    .description('call one function of a program and print its result')
    .argument('<file>', 'JavaScript, TypeScript, C, WebAssembly, an image or a snapshot; - for standard input')
    .addOption(new Option('-c, --call <name>', 'the exported function to call').default('default'))
    .addOption(new Option('-a, --args <json>', 'its arguments: a JSON array, or @FILE').default('[]'))
    .addOption(new Option('-b, --backend <name>', 'kvm, another installed backend, or auto').default('auto'))
    .addOption(
      new Option('--engine <name>', 'v8: JavaScript runs in the Node of this command, as a guest').choices(['v8']),
    )
    .option('-p, --policy <file>', 'a policy as JSON, or the name of a preset')
    .option('-m, --memory <size>', "most memory the guest may use, as '32 MiB', or in bytes")
    .option('-t, --timeout <time>', "most time the call may take, as '50 ms' or '2 s', or in milliseconds")
    .option('--signed-by <key>', "who must have signed a snapshot: a public key's file, or what 'colony inspect' shows")
    .addOption(new Option('--lang <name>', 'the language of standard input').choices(['js', 'ts', 'c']))
    .option('--json', 'print the result, or the error, as one JSON object')
    .option('--stats', 'print time, memory and pages written to standard error')
    .addHelpText('after', RUN_HELP)
    .action(async (file: string, options) => {
      const { runCommand } = await import('./commands/run.js');
      await run(runCommand(file, options));
    });
}

const EXEC_HELP = `
COMMAND is found on PATH, and runs unmodified in a virtine (backend kvm). It can read its own file, the machine's shared
libraries and their data (not with --no-system), and what --files names. What it writes stays in memory, and is
listed in the end, or written below --out. Nothing else is granted unless --policy does.

--files DIR makes a folder or file readable at its own path, --files GUEST=HOST at another. If the working directory is
among them, the command starts there. Standard input is passed on unless it is a terminal.

The exit status is that of the command, or 128 and the signal's number. If Colony cannot run it, a line on standard
error begins with 'error', and the status is one of 'colony --help'. Default limits: 256 MiB, 10 s.

Examples:
  $ colony exec --files . -- jq .name package.json
  $ echo hello | colony exec -- gzip -c | gunzip
  $ colony exec --env LC_ALL=C --timeout '1 s' --files /data -- sort /data/names.txt
  $ colony exec --out made -- sh -c 'echo 1 > /tmp/one'
`;

/** Collects the values of an option that may be repeated. */
const collect = (value: string, all: readonly string[] = []) => [...all, value];

function declareExec(program: Command, run: Run): void {
  program
    .command('exec')
    .description('run a Linux command in a virtine: its output, its exit status, and nothing else of it')
    .usage('[options] -- COMMAND [ARGS...]')
    .argument('<command>', 'a command on PATH, or a path')
    .argument('[args...]', 'its arguments, behind --')
    .option('-f, --files <dir>', 'what it may read: DIR or GUEST=HOST; may be repeated', collect)
    .option('-e, --env <name=value>', 'a variable of its environment; may be repeated', collect)
    .addOption(new Option('-b, --backend <name>', 'kvm, another installed backend, or auto').default('auto'))
    .option('-p, --policy <file>', 'a policy as JSON, or the name of a preset')
    .option('-m, --memory <size>', "most memory it may use, as '64 MiB', or in bytes")
    .option('-t, --timeout <time>', "most time it may take, as '50 ms' or '2 s', or in milliseconds")
    .option('--stdin <file>', 'its standard input; - for that of this command, even from a terminal')
    .option('-o, --out <folder>', 'write the files that it makes into this folder')
    .option('--no-system', "without the machine's libraries: for static executables")
    .option('--json', 'print status, signal, output, files and times as one JSON object')
    .addHelpText('after', EXEC_HELP)
    .action(async (command: string, args: string[], options) => {
      const { execCommand } = await import('./commands/exec.js');
      await run(execCommand(command, args, options));
    });
}

function declareDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('reports what works on this machine, what is missing, and the remedies')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nThe exit status is 0 where at least one backend works, else 4.')
    .action(async (options) => {
      const { doctorCommand } = await import('./commands/doctor.js');
      await run(doctorCommand(options));
    });
}

function declareInspect(program: Command, run: Run): void {
  program
    .command('inspect')
    .description('the content of a virtine image or a snapshot')
    .argument('<file>', 'an image (.elf), a C file to build one from, or a snapshot')
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', '\nExamples:\n  $ colony inspect hash.elf\n  $ colony inspect warm.snapshot --json')
    .action(async (file: string, options) => {
      const { inspectCommand } = await import('./commands/inspect.js');
      await run(inspectCommand(file, options));
    });
}

function declareTypes(program: Command, run: Run): void {
  program
    .command('types')
    .description("TypeScript declarations for a file's exports: C virtines, a WebAssembly component or module")
    .argument('<file>', 'C with virtines, or a WebAssembly component or module')
    .option('-o, --out <file>', 'write the declarations to this file instead of standard output')
    .option('-w, --write', 'of x.virtine.c: write x.virtine.d.c.ts beside it, where TypeScript looks')
    .option('--neighbours', NEIGHBOURS)
    .option('--cflags <flags>', CFLAGS)
    .addHelpText(
      'after',
      '\nExamples:\n  $ colony types greet.wasm -o greet.d.ts\n  $ colony types src/fib.virtine.c --write',
    )
    .action(async (file: string, options) => {
      const { typesCommand } = await import('./commands/types.js');
      await run(typesCommand(file, options));
    });
}

function declareExplain(program: Command, run: Run): void {
  program
    .command('explain')
    .description(
      'explain the parts and grants of the virtines in a TypeScript, JavaScript or C file, or the code of a refusal',
    )
    .argument('<file>', 'a source file with virtines; or a code, such as REF-011')
    .option('--json', 'print the report as JSON')
    .option('--html <out>', 'write it as one page, with a picture of the call graph')
    .option('--measure', 'also make contexts, general and bespoke, and report the cost of start and calls')
    .option('--args <json>', 'arguments of the calls that are measured, or @FILE', '[]')
    .option('--backend <name>', 'where to measure', 'auto')
    .option('--lock [file]', 'compare with colony.lock.json, or this file, and update it')
    .option('--frozen', FROZEN)
    .option('--accept', ACCEPT)
    .option('--neighbours', NEIGHBOURS)
    .option('--cflags <flags>', CFLAGS)
    .addHelpText(
      'after',
      '\nExamples:\n  $ colony explain src/price.ts\n  $ colony explain src/price.ts --html price.html\n  $ colony explain REF-011',
    )
    .action(async (file: string, options) => {
      const { explainCommand } = await import('./commands/explain.js');
      await run(explainCommand(file, options));
    });
}

const CHECK_HELP = `
The project of each file, and the folders above it up to the repository's, are searched for what compiles it: scripts and
configurations that import a Colony plugin, '@colony/compiler/register' in package.json, .npmrc, .env, Dockerfile, Makefile
and the like, or in NODE_OPTIONS, and 'colony build'. It does not run them: whether they are used is not known.
--compile uses no bundler: if virtines need its aliases or virtual modules, a frozen build in CI is the check.

The exit status is 1 if a directive would have no effect, if a virtine is refused or wider than the lock
(--compile, --lock), and if there are more warnings than --max-warnings; else 0.

Examples:
  $ colony check
  $ colony check src --json
  $ colony check src --max-warnings 0
`;

function declareCheck(program: Command, run: Run): void {
  program
    .command('check')
    .description("find functions with 'use virtine' that nothing compiles, and that would run unisolated")
    .argument('[paths...]', 'files, or folders to search; default: the working directory')
    .option('--json', 'print the findings as JSON')
    .option('--compile', 'also compile each virtine, write nothing, and fail if it is refused or wider than the lock')
    .option('--max-warnings <number>', 'compile, and fail if there are more warnings of the compiler')
    .option('--lock [file]', 'the lock to compare with; default: colony.lock.json, if there is one')
    .option('--neighbours', NEIGHBOURS)
    .option('--cflags <flags>', CFLAGS)
    .addHelpText('after', CHECK_HELP)
    .action(async (paths: string[], options) => {
      const { checkCommand } = await import('./commands/check.js');
      await run(checkCommand(paths, options));
    });
}

function declareProfile(program: Command, run: Run): void {
  program
    .command('profile')
    .description('run a program with virtines, and record what their calls need: builds take their limits from that')
    .argument('<file>', 'the program: TypeScript or JavaScript')
    .argument('[args...]', 'its own arguments, behind --')
    .option('-o, --out <file>', 'where to record; default: colony.profile.json')
    .option('--add', 'to the existing record')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colony profile src/main.ts\n  $ colony profile --add src/main.ts -- orders.json',
    )
    .action(async (file: string, args: string[], options) => {
      const { profileCommand } = await import('./commands/profile.js');
      await run(profileCommand(file, args, options));
    });
}

const BUILD_HELP = `
Examples:
  $ colony build src/price.ts -o dist
  $ colony build src/price.ts -o dist --snapshot kvm
  $ colony build src/fib.virtine.c -o dist
  $ colony build greet.wasm -o prebuilt
`;

function declareBuild(program: Command, run: Run): void {
  program
    .command('build')
    .description('compile a file with virtines, or transpile a WebAssembly component ahead of time')
    .argument('<file>', 'TypeScript, JavaScript or C with virtines, or a WebAssembly component')
    .requiredOption('-o, --out <folder>', 'the folder; of components, the one to give as backendOptions.prebuilt')
    .option('--lock [file]', 'compare with the lock, and update it; default: if there is a colony.lock.json')
    .option('--frozen', FROZEN)
    .option('--accept', ACCEPT)
    .option(
      '--snapshot <backends>',
      "also write evaluated states, which contexts start from: 'kvm', or 'kvm,wasm'",
      (list: string) => list.split(','),
    )
    .option('--no-types', 'of TypeScript, write no declarations')
    .option('--neighbours', NEIGHBOURS)
    .option('--cflags <flags>', CFLAGS)
    .addHelpText('after', BUILD_HELP)
    .action(async (file: string, options) => {
      const { buildCommand } = await import('./commands/build.js');
      await run(buildCommand(file, options));
    });
}

function declareBench(program: Command, run: Run): void {
  program
    .command('bench')
    .description('measure the cost of isolation here, against the least that the machine charges')
    .usage('[options]')
    // The bench package has its own command line, with its own help.
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options, command) => {
      const { benchCommand } = await import('./commands/bench.js');
      await run(benchCommand(command.args));
    });
}

function declareHelp(program: Command): void {
  program
    .command('help')
    .description('how colony, or one of its commands, is used')
    .argument('[command]')
    .action(async (name: string | undefined) => {
      const command = program.commands.find((candidate) => candidate.name() === name);
      if (name === undefined) program.outputHelp();
      else if (command === undefined) program.error(`error: unknown command '${name}'`);
      else await program.parseAsync([name, '--help'], { from: 'user' });
    });
}

/** In the order of the help. */
const COMMANDS: readonly ((program: Command, run: Run) => void)[] = [
  declareRun,
  declareExec,
  declareDoctor,
  declareInspect,
  declareTypes,
  declareExplain,
  declareCheck,
  declareProfile,
  declareBuild,
  declareBench,
  declareHelp,
];

function buildProgram(run: Run): Command {
  const program = new Command('colony')
    .description('Runs a function in an isolated execution context of its own, fresh for every call.')
    .version(version(), '-v, --version')
    .helpCommand(false) // `declareHelp` has the command `help`.
    .showHelpAfterError("('colony --help' shows how it is used)")
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .exitOverride()
    .addHelpText('after', MAIN_HELP);

  for (const declare of COMMANDS) declare(program, run);
  return program;
}

/** Without the arguments behind `--`, which are a program's. */
const ownArguments = (argv: readonly string[]) => argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined);

/** Runs the command line and returns its exit status, one of `EXIT` or an executed program's own; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  guardOutput();
  let status: number = EXIT.ok;
  const program = buildProgram(async (result) => {
    status = await result;
  });
  try {
    if (argv.length <= 2) {
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync([...argv]);
    return outputStatus() ?? status;
  } catch (error) {
    // commander has already printed the problem.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { reportFailure } = await import('./failure.js');
    return reportFailure(error, { json: ownArguments(argv).includes('--json') });
  }
}
