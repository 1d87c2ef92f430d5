-- Says that a process lives, and lets it lead if nobody else does.
-- KEYS: the process's key, the lease. ARGV: the process, for how many milliseconds both count.
-- Gives: whether it leads.
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
local leader = redis.call('GET', KEYS[2])
if not leader or leader == ARGV[1] then
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
    return 1
end
return 0
