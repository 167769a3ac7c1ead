-- What wrk sends: in turns, the requests that a file lists, one a line: the path, then each header, with tabs between.
-- What it found is the last line of its output, as JSON.
local requests, turn = {}, 0

function init(args)
   for line in io.lines(args[1]) do
      local path, headers = nil, {}
      for part in line:gmatch("[^\t]+") do
         if path == nil then
            path = part
         else
            local name, value = part:match("^(.-): (.*)$")
            headers[name] = value
         end
      end
      requests[#requests + 1] = wrk.format("GET", path, headers)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency, _)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format('{"requests": %d, "failed": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f}\n',
      summary.requests, failed, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
