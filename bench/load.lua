-- What wrk sends: the requests of the file that BENCH_REQUESTS names, round and round, and in every
-- body a number that has not been there before. At the end one line of JSON.

local before, after, count = {}, {}, 0
local place, number = 0, tonumber(os.getenv("BENCH_FROM") or "0")

local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))
while true do
  local line = file:read("*l")
  if not line then break end
  local first, second = line:match("^(%d+) (%d+)$")
  count = count + 1
  before[count] = file:read(tonumber(first))
  after[count] = tonumber(second) > 0 and file:read(tonumber(second)) or ""
end
file:close()

function request()
  place = place % count + 1
  local rest = after[place]
  if rest == "" then return before[place] end
  number = number + 1
  return before[place] .. string.format("%08d", number) .. rest
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
