-- Takes back what belong.lua said.
-- KEYS: the process's key, the lease. ARGV: the process.
redis.call('DEL', KEYS[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then
    redis.call('DEL', KEYS[2])
end
return 0
