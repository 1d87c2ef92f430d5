-- Begins a log with a snapshot, unless there is a log that has gone as far as its founder.
-- KEYS: the log, the snapshot. ARGV: the founder's last entry ('0-0': it knows of none), the format, the state.
-- Gives: the id of the log's first entry, which the snapshot is of; nothing if there is such a log.
local last = last_of(KEYS[1])
if last and not is_before(last, ARGV[1]) then
    return false
end
local ms = parts(ARGV[1])
if ms == 0 and redis.call('EXISTS', KEYS[2]) == 1 then
    return false
end
redis.call('DEL', KEYS[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- Ids only grow, whatever the clock does.
local id = string.format('%.0f-0', math.max(now, ms + 1))
redis.call('XADD', KEYS[1], id, 'begin', ARGV[2])
redis.call('HSET', KEYS[2], 'at', id, 'format', ARGV[2], 'state', ARGV[3])
return id
