@echo off
rem Tunesmith's one command on Windows; the same words as run.sh. Without arguments: install, start, open the browser.
setlocal
cd /d "%~dp0"
set VENV=.venv
set PY=%VENV%\Scripts\python.exe

if exist "%PY%" goto have_venv
for %%V in (3.13 3.12 3.11) do (
  py -%%V -c "" >nul 2>nul && (py -%%V -m venv %VENV% & goto have_venv)
)
echo Tunesmith needs Python 3.11, 3.12 or 3.13 from python.org, and none was found.
exit /b 1

:have_venv
fc /b requirements-torch.lock "%VENV%\requirements-torch.stamp" >nul 2>nul
if not errorlevel 1 goto installed
echo Installing packages (once; this takes a few minutes) ...
"%PY%" -m pip install --quiet --require-hashes -r requirements-torch.lock || exit /b 1
"%PY%" -m pip install --quiet --no-deps --no-build-isolation --editable . || exit /b 1
copy /y requirements-torch.lock "%VENV%\requirements-torch.stamp" >nul

:installed
if "%1"=="test" goto test
for %%C in (generate classify transcribe analyse import reindex doctor) do if "%1"=="%%C" goto cli
"%PY%" -m app.launch %*
exit /b %errorlevel%

:cli
"%PY%" -m app.cli %*
exit /b %errorlevel%

:test
"%PY%" -m pip install --quiet --require-hashes -r requirements-dev.lock || exit /b 1
"%PY%" -m pytest -m "not slow"
exit /b %errorlevel%
