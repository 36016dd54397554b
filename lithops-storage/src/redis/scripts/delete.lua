-- KEYS: the index. ARGV: the beginning of objects' keys, that of chunks' keys, and keys to delete.
for position = 3, #ARGV do
    local object = ARGV[1] .. ARGV[position]
    local old = redis.call('HMGET', object, 'id', 'size', 'chunk')
    if old[1] then
        for number = 0, math.ceil(tonumber(old[2]) / tonumber(old[3])) - 1 do
            redis.call('UNLINK', ARGV[2] .. old[1] .. ':' .. number)
        end
        redis.call('DEL', object)
        redis.call('ZREM', KEYS[1], ARGV[position])
    end
end
return #ARGV - 2
