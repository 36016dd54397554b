-- Keeps the object for another while; gives whether there is one.
return touch() and 1 or 0
