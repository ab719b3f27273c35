import { join } from 'node:path';

export default {
  extensions: ['ts'],
  files: ['test/**/*.test.ts'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
  // Every file has a process of its own, which would strip the types of all that it imports. With the cache only the
  // first one does: a test file then takes half of the CPU time until its first test.
  environmentVariables: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'build/compile-cache') },
  timeout: '3m',
  workerThreads: false,
};
