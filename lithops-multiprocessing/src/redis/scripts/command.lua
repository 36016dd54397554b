-- One command on the data of an object that is there. ARGV: 2 its name, 3.. what follows the key.
if not touch() then
  return { -1 }
end
local answer = redis.call(ARGV[2], key('d'), unpack(ARGV, 3))
redis.call('PEXPIRE', key('d'), expiry)
return { 1, answer }
