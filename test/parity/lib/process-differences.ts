// Owns the differences from Envoy that no scenario can show, since they concern the process: docs/differences.md prints
// them. Each names the test that holds it.

export interface ProcessDifference {
  readonly reason: string;
  readonly remora: string;
}

export const PROCESS_DIFFERENCES: readonly ProcessDifference[] = [
  {
    reason: 'One event loop serves all connections, whatever --concurrency says',
    remora:
      'a greater number than 1 is said to be without effect when the process starts; `server.concurrency` and `/server_info` report what was asked for (test/integration/config-process.test.ts)',
  },
  {
    reason: 'A port is shared with other processes only where enable_reuse_port asks for it',
    remora:
      'two processes started on one port by mistake would share its connections without a word; the second one fails to start (test/integration/config-process.test.ts)',
  },
  {
    reason: 'Regular expressions are not measured: `re2.max_program_size.error_level` has no effect',
    remora:
      'Envoy refuses by default what RE2 compiles to more than 100 instructions; re2js counts otherwise and would refuse some that Envoy takes. Matching is linear in time all the same (test/unit/matchers/regex.test.ts)',
  },
];
