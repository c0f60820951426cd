// Owns the list of corpus requests that Remora treats in another way than Envoy, by name, each with its reason. The test fails
// where an entry no longer holds; docs/differences.md is printed from it.

export interface CorpusDifference {
  /** `suite/name` of the corpus entries it is about. */
  names: readonly string[];
  /** What Remora does, in the corpus' own words: `REJECT status`, `FORWARD n`, `PARTIAL` or `WAIT`. */
  remora: string;
  reason: string;
}

export const HTTP1_DIFFERENCES: readonly CorpusDifference[] = [];
