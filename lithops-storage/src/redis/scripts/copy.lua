-- KEYS: the source, the target, the index. ARGV: the beginning of chunks' keys, the target's key and
-- its new identity. Gives `stored`, or `missing` if there is no source.
local chunks, id = ARGV[1], ARGV[3]
local source = redis.call('HMGET', KEYS[1], 'id', 'size', 'chunk')
if not source[1] then return 'missing' end
local old = redis.call('HMGET', KEYS[2], 'id', 'size', 'chunk')
if old[1] == id then return 'stored' end
for number = 0, math.ceil(tonumber(source[2]) / tonumber(source[3])) - 1 do
    redis.call('COPY', chunks .. source[1] .. ':' .. number, chunks .. id .. ':' .. number)
end
if old[1] then
    for number = 0, math.ceil(tonumber(old[2]) / tonumber(old[3])) - 1 do
        redis.call('UNLINK', chunks .. old[1] .. ':' .. number)
    end
end
redis.call('HSET', KEYS[2], 'id', id, 'size', source[2], 'chunk', source[3])
redis.call('ZADD', KEYS[3], 0, ARGV[2])
return 'stored'
