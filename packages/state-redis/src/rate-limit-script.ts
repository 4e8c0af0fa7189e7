import { NOW_LUA, RedisScript } from "./script.js";

/**
 * Checks all limits, and counts in all of them when none refuses. Each key is a sorted set, the log of one count. Scores
 * are the total ever counted up to an entry; a member says when that was, what had left the window by then, and when the
 * oldest entry within the window was counted: until that one leaves too, the last entry alone tells what is within. After
 * that the first entry does, which is the last one that has left.
 *
 * KEYS: one for each limit. ARGV: weight; then for each key limit, window and step in milliseconds.
 * Answers: what is left at the scarcest limit, how long to wait, and which limit refused (0: none).
 */
export const rateLimitScript = new RedisScript(`${NOW_LUA}
local call, match = redis.call, string.match
local weight = tonumber(ARGV[1])
local least, wait, refused = nil, 0, 0
local totals, lasts, gones, oldests = {}, {}, {}, {}
local function moment(member)
  return tonumber(match(member, '^%d+'))
end
for i, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[3 * i - 1])
  local horizon = now - ARGV[3 * i]
  local total, gone, last, oldest = 0, 0, nil, nil
  local tail = call('ZRANGE', key, -1, -1, 'WITHSCORES')
  if tail[1] then
    total = tonumber(tail[2])
    last, gone, oldest = match(tail[1], '^(%d+):(%d+):(%d+)$')
    last, gone, oldest = tonumber(last), tonumber(gone), tonumber(oldest)
    if last <= horizon then
      call('DEL', key)
      total, gone, last, oldest = 0, 0, nil, nil
    elseif oldest <= horizon then
      local head = call('ZRANGE', key, 0, 1, 'WITHSCORES')
      if moment(head[3]) <= horizon then
        local low, high = 1, call('ZCARD', key) - 1
        while low < high do
          local middle = math.ceil((low + high) / 2)
          if moment(call('ZRANGE', key, middle, middle)[1]) <= horizon then
            low = middle
          else
            high = middle - 1
          end
        end
        call('ZREMRANGEBYRANK', key, 0, low - 1)
        head = call('ZRANGE', key, 0, 1, 'WITHSCORES')
      end
      gone, oldest = tonumber(head[2]), moment(head[3])
    end
  end
  local left = limit - total + gone
  if left < weight then
    local leaves = call('ZRANGE', key, total - limit + weight, '+inf', 'BYSCORE', 'LIMIT', 0, 1)
    local longer = moment(leaves[1]) - horizon
    if longer > wait then
      wait, refused = longer, i
    end
  end
  if least == nil or left < least then
    least = left
  end
  totals[i], lasts[i], gones[i], oldests[i] = total, last or 0, gone, oldest or 0
end
if refused > 0 then
  return { math.max(0, least), wait, refused }
end
for i, key in ipairs(KEYS) do
  local window, step, last = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), lasts[i]
  local at = math.max(last, math.ceil(now / step) * step)
  local oldest = oldests[i] > 0 and oldests[i] or at
  call('ZADD', key, totals[i] + weight, string.format('%.0f:%.0f:%.0f', at, gones[i], oldest))
  -- Once in half a window is enough for the key to outlive its last entry by a window.
  local half = math.max(1, window / 2)
  if math.floor(at / half) ~= math.floor(last / half) then
    call('PEXPIRE', key, 2 * (window + step))
  end
end
return { least - weight, 0, 0 }
`);
