-- What the other scripts know of the ids of a log's entries.
local function parts(id)
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    return tonumber(ms), tonumber(seq)
end
local function is_before(one, other)
    local ms, seq = parts(one)
    local other_ms, other_seq = parts(other)
    return ms < other_ms or (ms == other_ms and seq < other_seq)
end
local function last_of(log)
    if redis.call('EXISTS', log) == 0 then
        return nil
    end
    local info = redis.call('XINFO', 'STREAM', log)
    for at = 1, #info, 2 do
        if info[at] == 'last-generated-id' then
            return info[at + 1]
        end
    end
end
