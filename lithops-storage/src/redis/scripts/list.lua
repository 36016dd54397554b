-- KEYS: the index. ARGV: the bounds of keys, how many at most, and the beginning of objects' keys.
-- Gives key, identity and size of each object in turn.
local keys = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local found = {}
for _, key in ipairs(keys) do
    local object = redis.call('HMGET', ARGV[4] .. key, 'id', 'size')
    found[#found + 1] = key
    found[#found + 1] = object[1]
    found[#found + 1] = object[2]
end
return found
