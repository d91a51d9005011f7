# <rules>
# Made from src/launch/rules by a test; TOOLCHAINKIT_UPDATE=1 writes it.
case $tk_kind in
sccache)
  tk_words="-e incbin -e INCBIN"
  [ -z "${SOURCE_DATE_EPOCH-}" ] || tk_words="$tk_words -e __DATE__ -e __TIME__"
  case " $* " in
  *" @"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | \
    *" -fbranch-probabilities "* | *" -da "* | *" -fopt-info"*=* | *" -fsave-optimization-record"* | \
    *" -foptimization-record-file="* | *" -save-stats"* | *" --save-stats"* | *" -fproc-stat-report"* | \
    *" -stats-file="* | *" -info-output-file="* | *" -pass-remarks-output="* | *" -diagnostic-log-file "* | \
    *" -aux-info "* | *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | \
    *" -fdiagnostics-set-output="* | *" -Wa,"*-MD* | *" --MD "* | *" -al="* | *" -ad"*=* | *" -fstack-usage "* | \
    *" -fcallgraph-info"* | *" -fdump-"* | *" -ftime-trace"* | *" -fprofile-note="* | *" -Wa,-a"*=* | \
    *" --coverage "* | *" -coverage "* | *" -ftest-coverage "* | *" -fcoverage-mapping "* | *" -fprofile-arcs "* | \
    *" -fprofile-generate"* | *" -fprofile-instr-generate"* | *" -fcs-profile-generate"* | *" -march=native "* | \
    *" -mcpu=native "* | *" -mtune=native "* | *" -specs="* | *" --specs="* | *" --config="* | \
    *" -fprofile-sample-use="* | *" -fauto-profile="* | *" -fprofile-list="* | \
    *" -fsanitize-ignorelist="*) exec "$@" ;;
  esac
  ;;
ccache)
  tk_words="-e incbin -e INCBIN"
  case " $* " in
  *" @"* | *" -DTOOLCHAINKIT_NO_CACHE "* | *" -DTOOLCHAINKIT_NO_CACHE="* | *" -D TOOLCHAINKIT_NO_CACHE"* | \
    *" -da "* | *" -fopt-info"*=* | *" -fsave-optimization-record"* | *" -foptimization-record-file="* | \
    *" -save-stats"* | *" --save-stats"* | *" -ftime-trace="* | *" -fproc-stat-report"* | *" -stats-file="* | \
    *" -info-output-file="* | *" -pass-remarks-output="* | *" -diagnostic-log-file "* | *" -aux-info "* | \
    *" -fdiagnostics-format="*-file* | *" -fdiagnostics-add-output="* | *" -fdiagnostics-set-output="* | \
    *" -Wa,"*-MD* | *" --MD "* | *" -al="* | *" -ad"*=* | *" -fcallgraph-info"* | *" -march=native "* | \
    *" -mcpu=native "* | *" -mtune=native "* | *" -fsanitize-ignorelist="* | *" --config="* | \
    *" -fprofile-list="* | *cmake_pch* | *" -fprofile-generate"* | *" -fprofile-use"* | \
    *" -fbranch-probabilities "*) exec "$@" ;;
  esac
  ;;
esac
# </rules>
