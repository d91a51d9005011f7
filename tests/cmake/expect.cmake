# What the cases of several topics use.
function(expect name pattern)
  if(NOT "${${name}}" MATCHES "${pattern}")
    message(SEND_ERROR "${name} is \"${${name}}\"")
  endif()
endfunction()
