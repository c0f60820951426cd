// Owns the list of corpus requests that Remora treats in another way than Envoy, by name, each with its reason. The test fails
// where an entry no longer holds; docs/differences.md is printed from it.

export interface CorpusDifference {
  /** `suite/name` of the corpus entries it is about. */
  names: readonly string[];
  /** What Remora does, in the corpus' own words: `REJECT status`, `FORWARD n`, `PARTIAL` or `WAIT`. */
  remora: string;
  reason: string;
}

export const HTTP1_DIFFERENCES: readonly CorpusDifference[] = [
  {
    names: [
      'smuggler-clte/default:xprespace-0d',
      'smuggler-clte/default:rxprespace-09',
      'smuggler-clte/default:rxprespace-0d',
      'smuggler-clte/default:rxprespace-20',
      'smuggler-clte/default:rxprespace-a0',
      'smuggler-clte/default:rxprespace-ff',
    ],
    remora: 'REJECT 400',
    reason:
      'A CR without LF in a head is refused: one parser ends the line there, another does not (RFC 9112 section 2.2); Envoy drops the CR and forwards',
  },
];
