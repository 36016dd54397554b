-- Takes the item at a place out of a list. ARGV: 2 the place.
if not touch() then
  return { -1 }
end
local data, index = key('d'), tonumber(ARGV[2])
local length = redis.call('LLEN', data)
if index >= length then
  return { -2, length }
end
local item = redis.call('LINDEX', data, index)
-- No item has this name: it is of this very call.
local mark = 'taken:' .. ARGV[3]
redis.call('LSET', data, index, mark)
redis.call('LREM', data, 1, mark)
return { 1, item }
