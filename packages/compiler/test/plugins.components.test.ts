/**
 * Files of components, with the plugins that people use for them. A directive in a component's script is refused in
 * builds and during development, at any position of Colony's plugin. In a module that the component imports it is
 * compiled.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import vue from '@vitejs/plugin-vue';
import { build, createServer, type InlineConfig, type PluginOption } from 'vite';
import { describe, expect, it, onTestFinished } from 'vitest';
import colony from '../src/plugins/vite.js';
import { folderWith } from './plugins/bundlers.js';

const SEES = `async function sees() {\n  'use virtine';\n  return typeof process;\n}\n`;
const USES = "import { sees } from './sees.js';\nexport const seen = () => sees();\n";

interface Kind {
  readonly file: string;
  readonly plugin: () => PluginOption;
  /** Returns the file with this script. */
  readonly with: (script: string) => string;
}

/** Makes ids as Astro's plugin does; Astro itself is a program with its own Vite. */
const astroLike = (): PluginOption => {
  const isScript = /\.astro\?astro&type=script/;
  const scripts = new Map<string, string>();
  return {
    name: 'astro-like',
    resolveId: (id) => (isScript.test(id) ? id : null),
    load: (id) => scripts.get(id.replace(/&index.*$/, '')) ?? null,
    transform(code, id) {
      if (!id.endsWith('.astro')) return null;
      scripts.set(`${id}?astro&type=script`, /<script>([\s\S]*)<\/script>/.exec(code)![1]!);
      return { code: `export * from ${JSON.stringify(`${id}?astro&type=script&index=0&lang.ts`)};`, map: null };
    },
  };
};

const KINDS: Readonly<Record<string, Kind>> = {
  'Vue, script': {
    file: 'App.vue',
    plugin: vue,
    with: (script) =>
      `<script lang="ts">\n${script}export default { sees };\n</script>\n<template><p>x</p></template>\n`,
  },
  'Vue, script setup': {
    file: 'App.vue',
    plugin: vue,
    with: (script) =>
      `<script setup lang="ts">\n${script.replaceAll('export ', '')}</script>\n<template><p>{{ sees }}</p></template>\n`,
  },
  Svelte: {
    file: 'App.svelte',
    plugin: svelte,
    with: (script) =>
      `<script lang="ts">\n${script.replaceAll('export ', '')}const used = sees;\n</script>\n<p>{used}</p>\n`,
  },
  'Svelte, module': {
    file: 'App.svelte',
    plugin: svelte,
    with: (script) => `<script module lang="ts">\n${script}export const used = sees;\n</script>\n<p>{used}</p>\n`,
  },
  Astro: { file: 'App.astro', plugin: astroLike, with: (script) => `<script>${script}export { sees };</script>\n` },
};

const ORDERS: Readonly<Record<string, (of: PluginOption) => PluginOption[]>> = {
  'Colony first': (of) => [colony(), of],
  'Colony last': (of) => [of, colony()],
};

function configOf(
  { file, plugin, with: make }: Kind,
  order: (of: PluginOption) => PluginOption[],
  script: string,
): InlineConfig {
  const files = {
    'main.ts': `import * as app from './${file}';\nexport default app;\n`,
    [file]: make(script),
    'sees.ts': `export ${SEES}`,
  };
  const { folder, close } = folderWith(files);
  onTestFinished(close);
  return { root: folder, configFile: false, logLevel: 'silent', plugins: order(plugin()) };
}

async function built(config: InlineConfig): Promise<string> {
  const external = [/^@colony\//, /^node:/, /^vue/, /^svelte/];
  await build({
    ...config,
    build: {
      ssr: 'main.ts',
      outDir: 'out',
      minify: false,
      rollupOptions: { external, output: { entryFileNames: 'main.mjs' } },
    },
  });
  return readFileSync(join(config.root!, 'out/main.mjs'), 'utf8');
}

async function served(config: InlineConfig): Promise<string> {
  const server = await createServer({
    ...config,
    server: { middlewareMode: true, ws: false },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    await server.ssrLoadModule('/main.ts');
    const texts = [...server.environments.ssr.moduleGraph.idToModuleMap.values()].map(
      ({ transformResult }) => transformResult?.code ?? '',
    );
    return texts.join('\n');
  } finally {
    await server.close();
  }
}

const WAYS = { 'in a build': built, 'while developing': served };

describe.each(Object.entries(KINDS))('%s', (_kind, kind) => {
  describe.each(Object.entries(ORDERS))('%s', (_order, order) => {
    it.each(Object.entries(WAYS))('a directive in the script is refused %s', async (_way, run) => {
      const result = await run(configOf(kind, order, SEES)).catch((error: Error) => error);
      expect(result).toBeInstanceOf(Error);
      expect((result as Error).message).toMatch(/use virtine[\s\S]*what to do: \S/);
    });
  });

  it.each(Object.entries(WAYS))('a directive in a module that it imports is compiled %s', async (_way, run) => {
    const code = await run(configOf(kind, ORDERS['Colony last']!, USES));
    expect(code).toContain('__colony_virtine0');
    expect(code).not.toContain("'use virtine'");
  });
});
