-- Driven by wrk.ts. Sends requests whose query, correlation id, trace id and cookie are different each time, and prints
-- one line of JSON at the end. Arguments: method, path, bytes of request body, then header lines with ID in place of the id.
local head, tail, body
local n = 0
local seed = 0

function init(args)
  local method, path, upload = args[1], args[2], tonumber(args[3])
  local lines = {}
  for i = 4, #args do lines[#lines + 1] = args[i] end
  body = string.rep("remora ", math.ceil(upload / 7)):sub(1, upload)
  if upload > 0 then lines[#lines + 1] = "content-length: " .. upload end
  head = method .. " " .. path .. "?q="
  tail = " HTTP/1.1\r\n" .. table.concat(lines, "\r\n") .. "\r\n\r\n"
  -- Split once at the places of the id; requests are joined from the pieces.
  pieces = {}
  local from = 1
  while true do
    local at = tail:find("ID", from, true)
    if not at then break end
    pieces[#pieces + 1] = tail:sub(from, at - 1)
    from = at + 2
  end
  pieces[#pieces + 1] = tail:sub(from) .. body
  seed = os.time() % 65536
end

function request()
  n = n + 1
  local id = string.format("%04x%08x%08x%012x", seed, (n * 2654435761) % 4294967296, (n * 40503) % 4294967296, n)
  return head .. n .. table.concat(pieces, id)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"errors":%d,"seconds":%.6f,"p50":%.1f,"p99":%.1f}\n',
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
