-- KEYS: the object, the index. ARGV: the beginning of chunks' keys, the object's key, its new
-- identity, size and chunk size, `create` or `overwrite`, and its bytes unless chunks hold them.
-- Gives `stored`, `exists`, or `gone` if a chunk has expired.
local chunks, key, id = ARGV[1], ARGV[2], ARGV[3]
local old = redis.call('HMGET', KEYS[1], 'id', 'size', 'chunk')
-- The answer to the first try was lost.
if old[1] == id then return 'stored' end
if old[1] and ARGV[6] == 'create' then return 'exists' end
local last = math.ceil(tonumber(ARGV[4]) / tonumber(ARGV[5])) - 1
if ARGV[7] then
    if last == 0 then redis.call('SET', chunks .. id .. ':0', ARGV[7]) end
else
    for number = 0, last do
        if redis.call('EXISTS', chunks .. id .. ':' .. number) == 0 then return 'gone' end
    end
    for number = 0, last do
        redis.call('PERSIST', chunks .. id .. ':' .. number)
    end
end
if old[1] then
    for number = 0, math.ceil(tonumber(old[2]) / tonumber(old[3])) - 1 do
        redis.call('UNLINK', chunks .. old[1] .. ':' .. number)
    end
end
redis.call('HSET', KEYS[1], 'id', id, 'size', ARGV[4], 'chunk', ARGV[5])
redis.call('ZADD', KEYS[2], 0, key)
return 'stored'
