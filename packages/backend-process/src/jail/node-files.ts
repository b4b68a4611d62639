/** The host's files that Node needs to run in a jail: itself and its shared libraries. */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { endWithThread } from '@colony/guest';
import { nativeFolder } from './package.js';

export interface NodeFiles {
  /** Path inside of Node. */
  readonly program: string;
  /** For `JailSpec.files`: also what the program needs. */
  readonly files: Readonly<Record<string, string>>;
  /** For `JailSpec.env`: time is UTC, and Node does not look for the host's configuration. */
  readonly env: Readonly<Record<string, string>>;
}

const INSIDE = '/node';
/** A library that reports when there is no memory left: see native/node/out_of_memory.c. */
const PRELOADED = { host: join(nativeFolder, 'out-of-memory.so'), inside: '/out-of-memory.so' };
/** The C library that it is made for. */
const GLIBC = 'libc.so.6';
/** Node ignores a configuration that does not exist, but ends if it may not read one, such as the host's. */
const ENVIRONMENT = Object.freeze({ TZ: 'UTC', OPENSSL_CONF: '/nowhere' });

/** Lists what the loader would load, without running the program: `name => /path (0x...)`, or its own `/path (0x...)`. */
function libraries(program: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const env = { LD_TRACE_LOADED_OBJECTS: '1' };
    const child = execFile(program, ['--version'], { env }, (error, stdout) => {
      if (error !== null) reject(error);
      else resolve([...stdout.matchAll(/(?:^|=>)\s*(\/\S+) \(0x/gm)].map((match) => match[1]!));
    });
    endWithThread(child);
  });
}

let cached: Promise<NodeFiles> | undefined;

/** The files of the running Node. Libraries have the same paths as on the host, so that its loader finds them. */
export function nodeFiles(): Promise<NodeFiles> {
  cached ??= look();
  cached.catch(() => {
    cached = undefined;
  });
  return cached;
}

async function look(): Promise<NodeFiles> {
  const program = realpathSync(process.execPath);
  const files: Record<string, string> = { [INSIDE]: program };
  const linked = await libraries(program);
  for (const path of linked) files[path] = realpathSync(path);
  const preload = existsSync(PRELOADED.host) && linked.some((path) => basename(path) === GLIBC);
  if (preload) files[PRELOADED.inside] = PRELOADED.host;
  const env = Object.freeze({ ...ENVIRONMENT, ...(preload && { LD_PRELOAD: PRELOADED.inside }) });
  return Object.freeze({ program: INSIDE, files: Object.freeze(files), env });
}
