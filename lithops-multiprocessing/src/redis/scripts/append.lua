-- Appends to a list what was put aside. ARGV: 2 where.
if not touch() then
  return { -1 }
end
local data, side = key('d'), key('t:' .. ARGV[2])
while redis.call('LMOVE', side, data, 'LEFT', 'RIGHT') do
end
redis.call('PEXPIRE', data, expiry)
return { 1 }
