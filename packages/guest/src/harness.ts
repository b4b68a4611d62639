/**
 * Drives harness/: a virtine image in its own process, without KVM and without isolation. It takes frames, and returns
 * frames and their costs. For tests of images.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CODEC_LIMITS } from '@colony/core/codec';
import {
  decodeHypercall,
  decodeResult,
  encodeCall,
  encodeErrorReply,
  encodeLoad,
  encodeReply,
  type Outcome,
} from '@colony/core/frames';
import { cached, contentKey, defaultCacheDir } from './cache.js';
import { guestFolder } from './package.js';
import { compile, findCompiler } from './toolchain.js';

/** Builds the harness, once for each content of its sources. */
async function harnessPath(cacheDir: string): Promise<string> {
  const folder = join(guestFolder, 'harness');
  const files = readdirSync(folder).sort();
  const compiler = await findCompiler();
  const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fno-stack-protector', '-mfsgsbase', '-mxsave'];
  const key = contentKey([compiler.version, ...flags, ...files.map((file) => readFileSync(join(folder, file)))]);
  const built = await cached(join(cacheDir, 'harness'), key, (aside) => {
    const sources = files.filter((file) => file.endsWith('.c')).map((file) => join(folder, file));
    const includes = ['-I', join(guestFolder, 'include')];
    const places = { reads: [guestFolder], writes: [aside] };
    return compile(compiler, [...flags, ...includes, ...sources, '-o', join(aside, 'harness')], 'the harness', places);
  });
  return join(built, 'harness');
}

export interface RunInfo {
  readonly ns: number;
  readonly dirtyPages: number;
  readonly heap: number;
  readonly growths: number;
}

/** The end of a run: a result, an ABORT, or a fault or refusal. */
export type Run =
  | { readonly outcome: Outcome; readonly info: RunInfo }
  | { readonly trap: number; readonly message: string }
  | { readonly fault: string };

export type HostFunction = (name: string, args: readonly unknown[]) => unknown;

interface Message {
  readonly kind: string;
  readonly data: Buffer;
}

export class Harness {
  readonly #process: ChildProcess;
  readonly #messages: Message[] = [];
  readonly #waiting: ((message: Message) => void)[] = [];
  #buffer = Buffer.alloc(0);
  host: HostFunction = (name) => {
    throw new Error(`no host function ${name}`);
  };

  private constructor(path: string, image: string, heapLimit: number) {
    this.#process = spawn(path, [image, String(heapLimit)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdout!.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#process.on('exit', (code, signal) =>
      this.#deliver({ kind: 'X', data: Buffer.from(`harness: ${signal ?? code}`) }),
    );
  }

  static async start(image: string, { heapLimit = 256 << 20, cacheDir = defaultCacheDir() } = {}): Promise<Harness> {
    return new Harness(await harnessPath(cacheDir), image, heapLimit);
  }

  load(filename: string, source: string, modules: Record<string, string> = {}): Promise<Run> {
    return this.#run('K', encodeLoad(filename, source, modules));
  }

  /** Later calls begin from the current state. */
  async snapshot(): Promise<void> {
    this.#send('S', Buffer.alloc(0));
    await this.#next();
  }

  call(name: string, ...args: unknown[]): Promise<Run> {
    return this.#run('F', encodeCall(name, args, DEFAULT_CODEC_LIMITS));
  }

  callKeep(name: string, ...args: unknown[]): Promise<Run> {
    return this.#run('K', encodeCall(name, args, DEFAULT_CODEC_LIMITS));
  }

  /** Returns the value of a call that succeeds. */
  async value(name: string, ...args: unknown[]): Promise<unknown> {
    const run = await this.call(name, ...args);
    if (!('outcome' in run) || run.outcome[0] !== 0) throw new Error(`${name}: ${JSON.stringify(run)}`);
    return run.outcome[1];
  }

  close(): void {
    this.#process.stdin!.end();
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= 5) {
      const end = 5 + this.#buffer.readUInt32LE(1);
      if (this.#buffer.length < end) return;
      this.#deliver({ kind: String.fromCharCode(this.#buffer[0]!), data: this.#buffer.subarray(5, end) });
      this.#buffer = this.#buffer.subarray(end);
    }
  }

  #deliver(message: Message): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#messages.push(message);
    else waiting(message);
  }

  #next(): Promise<Message> {
    const message = this.#messages.shift();
    return message !== undefined ? Promise.resolve(message) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  #send(kind: string, data: Uint8Array): void {
    const head = Buffer.alloc(5);
    head[0] = kind.charCodeAt(0);
    head.writeUInt32LE(data.length, 1);
    this.#process.stdin!.write(Buffer.concat([head, data]));
  }

  async #run(kind: string, frame: readonly Uint8Array[]): Promise<Run> {
    this.#send(kind, Buffer.concat(frame));
    for (;;) {
      const message = await this.#next();
      switch (message.kind) {
        case 'C':
          this.#send('R', this.#hypercall(message.data));
          break;
        case 'R': {
          const info = JSON.parse((await this.#next()).data.toString()) as RunInfo;
          return { outcome: decodeResult(message.data, DEFAULT_CODEC_LIMITS), info };
        }
        case 'A':
          return { trap: message.data.readUInt32LE(0), message: message.data.subarray(4).toString() };
        default:
          return { fault: message.data.toString() };
      }
    }
  }

  #hypercall(request: Uint8Array): Uint8Array {
    const { name, args } = decodeHypercall(request, DEFAULT_CODEC_LIMITS);
    try {
      return Buffer.concat(encodeReply(this.host(name, args), DEFAULT_CODEC_LIMITS));
    } catch (error) {
      return Buffer.concat(encodeErrorReply({ name: 'Error', message: String(error) }, DEFAULT_CODEC_LIMITS));
    }
  }
}
