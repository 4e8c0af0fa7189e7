import { MAX_TIME_MS } from "@agent-assembly/storage-core/backend";
import { NOW_LUA, RedisScript } from "../driver/script.js";

/**
 * Checks all limits, and counts in all of them when none refuses. Each key is a list, the log of one count, oldest first.
 * An entry is five doubles: when it was counted, the total ever counted before it and with it, and, as of then, the total
 * that had left the window and when the oldest entry within the window was counted. Until that one leaves too, the last
 * entry alone tells what is within; after that the first one does, once those before the window are removed.
 *
 * A list of another program, or one that lacks entries, must not become a number that allows what it should refuse: the
 * comparisons are written so that a NaN fails them.
 *
 * KEYS: one for each limit. ARGV: weight; then for each key limit, window and step in milliseconds.
 * Answers: what is left at the scarcest limit, how long to wait, and which limit refused (0: none).
 */
const CHECK_LUA = `
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local ENTRY, FIRST_TWO, MOMENT, TOTAL, BYTES, LATEST = '<ddddd', '<dd', 1, 17, 40, ${MAX_TIME_MS}
local function entry(key, index)
  local text = call('LINDEX', key, index)
  assert(text and #text == BYTES, 'foreign value')
  return text
end
local function first(key, before)
  local oldest, gone = unpack(FIRST_TWO, entry(key, 0))
  assert(oldest <= LATEST and gone >= 0 and gone <= before, 'foreign value')
  return oldest, gone
end
-- The first entry whose number at this offset is not below the bound, or the last entry.
local function search(key, offset, bound)
  local low, high = 0, call('LLEN', key) - 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if unpack('<d', entry(key, middle), offset) < bound then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end
local weight = tonumber(ARGV[1])
local least, wait, refused = nil, 0, 0
local tails = {}
for i, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[3 * i - 1])
  local horizon = now - ARGV[3 * i]
  local last, before, total, gone, oldest = 0, 0, 0, 0, nil
  local tail = call('LINDEX', key, -1)
  if tail then
    last, before, total, gone, oldest = unpack(ENTRY, tail)
    if not (#tail == BYTES and gone >= 0 and gone <= before and before < total and total <= 2 ^ 53
        and oldest >= 0 and oldest <= last and last <= LATEST) then
      error('foreign value')
    end
    if last <= horizon then
      call('DEL', key)
      last, before, total, gone, oldest = 0, 0, 0, 0, nil
    elseif oldest <= horizon then
      oldest, gone = first(key, before)
      if oldest <= horizon then
        -- Mostly one has left since the last check.
        call('LPOP', key)
        oldest, gone = first(key, before)
      end
      if oldest <= horizon then
        call('LTRIM', key, search(key, MOMENT, horizon + 1), -1)
        oldest, gone = first(key, before)
      end
    end
  end
  local left = limit - total + gone
  if left < weight then
    -- When this one has left, there is room.
    local leaves = unpack('<d', entry(key, search(key, TOTAL, total - limit + weight)))
    assert(leaves > horizon and leaves <= last, 'foreign value')
    local longer = leaves - horizon
    if longer > wait then
      wait, refused = longer, i
    end
  end
  if least == nil or left < least then
    least = left
  end
  tails[i] = { last = last, before = before, total = total, gone = gone, oldest = oldest }
end
if refused > 0 then
  return { math.max(0, least), wait, refused }
end
for i, key in ipairs(KEYS) do
  local window, step, tail = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tails[i]
  local last, total = tail.last, tail.total
  -- Rounded up, so that it leaves late rather than early; a clock that was set back does not reorder the log.
  local at = math.max(last, math.ceil(now / step) * step)
  if at == last then
    call('LSET', key, -1, pack(ENTRY, at, tail.before, total + weight, tail.gone, tail.oldest))
  else
    call('RPUSH', key, pack(ENTRY, at, total, total + weight, tail.gone, tail.oldest or at))
    -- Once in half a window is enough for the key to outlive its last entry by a window.
    local half = math.max(1, window / 2)
    if math.floor(at / half) ~= math.floor(last / half) then
      call('PEXPIRE', key, 2 * (window + step))
    end
  end
end
return { least - weight, 0, 0 }
`;

const KIND = "a rate limit";

export const rateLimitScript = new RedisScript(KIND, NOW_LUA + CHECK_LUA);

/** The same by a clock of the caller's: the last of ARGV is the time, milliseconds. For tests. */
export const rateLimitScriptAt = new RedisScript(KIND, `local now = tonumber(ARGV[#ARGV])${CHECK_LUA}`);
