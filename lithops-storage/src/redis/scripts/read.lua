-- KEYS: the object. ARGV: the beginning of chunks' keys, the first byte wanted, and the end (-1: all).
-- Gives identity, size and chunk size, and the bytes if all of them lie in the first chunk.
local object = redis.call('HMGET', KEYS[1], 'id', 'size', 'chunk')
if not object[1] then return {} end
local size, chunk = tonumber(object[2]), tonumber(object[3])
local first, last = tonumber(ARGV[2]), tonumber(ARGV[3])
if last < 0 then last = size end
local bytes = ''
if first < last and last <= size and last <= chunk then
    bytes = redis.call('GETRANGE', ARGV[1] .. object[1] .. ':0', first, last - 1)
end
return {object[1], object[2], object[3], bytes}
