redis.call('UNLINK', object, key('d'), key('ws'), key('wg'), key('wp'), key('wj'))
return 1
