-- Replaces the snapshot by a newer one, and drops the entries of the log that even the replaced one contains.
-- KEYS: the log, the snapshot. ARGV: the entry the new one is of, the format, the state.
-- Gives: whether it did. It does not if the one there is as new, or the entry is not in the log.
local before = redis.call('HGET', KEYS[2], 'at')
if before and not is_before(before, ARGV[1]) then
    return 0
end
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
    return 0
end
redis.call('HSET', KEYS[2], 'at', ARGV[1], 'format', ARGV[2], 'state', ARGV[3])
if before then
    redis.call('XTRIM', KEYS[1], 'MINID', before)
end
return 1
