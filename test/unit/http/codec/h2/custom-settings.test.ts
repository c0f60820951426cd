// custom_settings_parameters: what may be said, and what is refused, as by Envoy (asked with --mode validate).
import t from 'tap';
import type { ConfigContext } from '../../../../../src/config/context.ts';
import type { Http2ProtocolOptions } from '../../../../../src/generated/envoy/config/core/v3/protocol_pb.d.ts';
import { readHttp2Settings } from '../../../../../src/http/codec/h2/settings-config.ts';

function read(parameters: readonly (readonly [identifier: number, value: number])[], more = {}) {
  const errors: string[] = [];
  const context = { error: (_message: unknown, _field: string, _code: string, words: string) => errors.push(words) };
  const customSettingsParameters = parameters.map(([identifier, value]) => ({ identifier, value }));
  const message = { customSettingsParameters, ...more } as unknown as Http2ProtocolOptions;
  const settings = readHttp2Settings(message, undefined, 60, context as unknown as ConfigContext);
  return { errors, settings };
}

t.test('accepted', async (t) => {
  t.match(read([[10, 5]]), { errors: [], settings: { customSettings: [[10, 5]] } });
  t.match(
    read([
      [10, 5],
      [10, 5],
      [2, 0],
      [6, 100],
    ]),
    {
      errors: [],
      settings: {
        customSettings: [
          [10, 5],
          [2, 0],
          [6, 100],
        ],
      },
    },
  );
  const { errors, settings } = read([
    [1, 100],
    [3, 5],
    [4, 70_000],
  ]);
  t.same(errors, []);
  t.match(settings, { hpackTableSize: 100, maxConcurrentStreams: 5, initialStreamWindow: 70_000, customSettings: [] });
});

t.test('refused', async (t) => {
  const twice = read([
    [10, 5],
    [10, 6],
  ]);
  t.match(twice.errors, [/two values/]);
  t.match(read([[2, 1]]).errors, [/nothing is pushed/]);
  t.match(read([[8, 1]]).errors, [/allow_connect/]);
  t.match(read([[1, 4096]], { hpackTableSize: 4096 }).errors, [/hpack_table_size/]);
  t.match(read([[3, 5]], { maxConcurrentStreams: 5 }).errors, [/max_concurrent_streams/]);
  t.match(read([[4, 70_000]], { initialStreamWindowSize: 70_000 }).errors, [/initial_stream_window_size/]);
  t.match(read([[5, 20_000]]).errors, [/MAX_FRAME_SIZE/], 'Envoy takes it: our reader has frames of 16 KB');
});
