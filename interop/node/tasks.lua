-- Changes one task, once. KEYS: the tasks, the answers. ARGV: the action, the message's id, the item as JSON.
-- Gives the answer of the first time, as JSON: the item as it is now, or the error.
local tasks, answers = KEYS[1], KEYS[2]
local action, message, item = ARGV[1], ARGV[2], cjson.decode(ARGV[3])

local first = message ~= '' and redis.call('HGET', answers, message)
if first then return first end

local stored = redis.call('HGET', tasks, item.id)
local now = stored and cjson.decode(stored) or nil
local answer
if action == 'create' and now then
  answer = { error = { code = 'duplicate_id', message = 'there is a task with this id' } }
elseif action ~= 'create' and not now then
  answer = { error = { code = 'not_found', message = 'there is no such task' } }
else
  now = now or { version = 0 }
  for name, value in pairs(item) do
    if name ~= 'version' then now[name] = value end
  end
  now.version = now.version + 1
  if action == 'delete' then
    redis.call('HDEL', tasks, item.id)
  else
    redis.call('HSET', tasks, item.id, cjson.encode(now))
  end
  answer = { item = now }
end
answer = cjson.encode(answer)
if message ~= '' then redis.call('HSET', answers, message, answer) end
return answer
